/** Members of objects in the text of a file: a new one is written as its neighbours are, and nothing else of the text changes. */

import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import { layOut } from './lay-out.ts';

/**
 * @param path of the object that gets it; what of it is not there is made.
 * @returns the new text.
 */
export function insertMember(text: string, path: readonly string[], name: string, value: object): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const object = root && findNodeAtLocation(root, [...path]);
  const last = path.at(-1);
  if (object === undefined && last !== undefined) {
    return insertMember(text, path.slice(0, -1), last, { [name]: value });
  }
  if (object?.type !== 'object') return text;
  return insertInto(text, object, `${JSON.stringify(name)}: `, value);
}

/** @returns the text without a member, with every comment that does not stand inside it. */
export function removeMember(text: string, path: readonly string[], name: string): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const members = (root && findNodeAtLocation(root, [...path])?.children) ?? [];
  const at = members.findIndex(({ children }) => children?.[0]?.value === name);
  const member = members[at];
  if (member === undefined) return text;
  let end = member.offset + member.length;
  const own = /^(\s|\/\*[^*]*\*\/)*,/.exec(text.slice(end))?.[0];
  if (own !== undefined) end += own.length;
  const isAlone = startsLine(text, member.offset) && /^[ \t]*\r?(?:\n|$)/.test(text.slice(end));
  const start = isAlone ? Math.max(0, text.slice(0, member.offset).search(/\r?\n[ \t]*$/)) : member.offset;
  const made = replace(text, start, end - start, '');
  const before = members[at - 1];
  if (before === undefined || own !== undefined) return made;
  // The last but one member has no comma behind it now.
  const edge = before.offset + before.length;
  const comma = /^(?:\s|\/\*[^*]*\*\/|\/\/[^\n]*\n)*?,/.exec(text.slice(edge))?.[0] ?? '';
  return comma === '' ? made : replace(made, edge + comma.length - 1, 1, '');
}

function insertInto(text: string, object: Node, key: string, value: object): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const unit = /^[ \t]+(?=["}\]])/m.exec(text)?.[0] ?? '  ';
  const inside = text.slice(object.offset, object.offset + object.length);
  const last = object.children?.at(-1);
  const outer = indentAt(text, object.offset);
  if (last === undefined) {
    if (!text.trimEnd().includes('\n')) return replace(text, object.offset + 1, 0, key + oneLine(value));
    const member = key + severalLines(value, outer + unit, unit, eol);
    // A comment may be all that is inside.
    return replace(
      text,
      object.offset + 1,
      0,
      `${eol}${outer}${unit}${member}${/^\{\s*\}$/.test(inside) ? eol + outer : ''}`,
    );
  }
  const end = last.offset + last.length;
  const rest = /^((?:[^\S\r\n]|\/\*[^*]*\*\/)*)(,?)((?:[^\S\r\n]|\/\*[^*]*\*\/)*(?:\/\/[^\r\n]*)?)/.exec(
    text.slice(end),
  );
  const [whole = '', before = '', comma = ''] = rest ?? [];
  const isFlat = !inside.includes('\n');
  const likeIt = text.slice(last.offset, end).includes('\n');
  const indent = startsLine(text, last.offset) ? indentAt(text, last.offset) : outer + unit;
  const written = isFlat
    ? oneLine(value)
    : likeIt
      ? severalLines(value, indent, unit, eol)
      : layOut(value, { indent, unit, eol });
  const member = `${isFlat ? ' ' : eol + indent}${key}${written}${comma}`;
  // Behind what is said about the last one, which gets its comma.
  const at = isFlat ? end + before.length + comma.length : end + whole.length;
  const made = replace(text, at, 0, member);
  return comma === '' ? replace(made, end, 0, ',') : made;
}

function oneLine(value: object): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n */g, ' ')
    .replace(/\[ (.*?) \]/g, '[$1]');
}

function severalLines(value: object, indent: string, unit: string, eol: string): string {
  return JSON.stringify(value, null, unit)
    .replace(/\[\s+("[^"]*")\s+\]/g, '[$1]')
    .replaceAll('\n', eol + indent);
}

function replace(text: string, at: number, length: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + length);
}

/** The white space that a line begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line))?.[0] ?? '';
}

function startsLine(text: string, offset: number): boolean {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*$/.test(text.slice(line, offset));
}
