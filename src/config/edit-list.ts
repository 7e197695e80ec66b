/** Lists of texts, and of objects, inside a file: entries go and come one by one, and every comment that belongs to another one stays. */
import { createScanner, findNodeAtLocation, getNodeValue, type Node, parseTree } from 'jsonc-parser';
import { jsonOneLine, layoutAt } from './lay-out.ts';

/** Kinds of tokens (`SyntaxKind` of the scanner, which is gone after compiling). */
const COMMA = 5;
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const LINE_BREAK = 14;
const WHITE_SPACE = 15;
const EOF = 17;

/** Characters of new entries from which on each gets a line, where none was there. */
const LONG = 80;

/**
 * Makes a list hold these values: what is not among them is taken out, what is missing comes at the end.
 * @param path of the list, which is there.
 * @param values JSON; the order of keys does not count.
 * @returns the new text.
 */
export function editList(text: string, path: readonly (string | number)[], values: readonly unknown[]): string {
  let edited = text;
  const wanted = new Set(values.map(sortedJson));
  for (let at = itemsIn(text, path).length - 1; at >= 0; at--) {
    const items = itemsIn(edited, path);
    const all = items.map(jsonOf);
    const one = all[at] ?? '';
    if (!wanted.has(one) || all.indexOf(one) !== at) edited = removeItem(edited, items, at);
  }
  const left = new Set(itemsIn(edited, path).map(jsonOf));
  const added = values.filter((value) => !left.has(sortedJson(value)));
  return added.length === 0 ? edited : append(edited, path, added);
}

function jsonOf(item: Node): string {
  return sortedJson(getNodeValue(item));
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

function listIn(text: string, path: readonly (string | number)[]): Node | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const list = root && findNodeAtLocation(root, [...path]);
  return list?.type === 'array' ? list : undefined;
}

function itemsIn(text: string, path: readonly (string | number)[]): readonly Node[] {
  return listIn(text, path)?.children ?? [];
}

/** Takes out an item, its comma, and what is said about it on its line. */
function removeItem(text: string, items: readonly Node[], at: number): string {
  const item = items[at];
  if (item === undefined) return text;
  const end = item.offset + item.length;
  const { comma, tail } = behind(text, end);
  const before = items[at - 1];
  if (comma !== undefined && comma >= tail) return removeItem(splice(text, comma, comma + 1, ''), items, at);
  const isAlone = startsLine(text, item.offset) && /^[ \t]*\r?(?:\n|$)/.test(text.slice(tail));
  let stop = isAlone || comma === undefined ? tail : comma + 1;
  let start = item.offset;
  if (isAlone) start = Math.max(0, text.slice(0, item.offset).search(/\r?\n[ \t]*$/));
  else if (items[at + 1] !== undefined) stop += /^[ \t]*/.exec(text.slice(stop))?.[0].length ?? 0;
  const made = splice(text, start, stop, '');
  if (items[at + 1] !== undefined || comma !== undefined || before === undefined) return made;
  // The last but one element has no comma behind it now.
  const edge = behind(text, before.offset + before.length).comma;
  if (edge === undefined) return made;
  const rest = made.slice(edge + 1);
  return made.slice(0, edge) + (isAlone ? rest : rest.replace(/^[ \t]+(?=\])/, ''));
}

function append(text: string, path: readonly (string | number)[], added: readonly unknown[]): string {
  const list = listIn(text, path);
  if (list === undefined) return text;
  const { eol } = layoutAt(text, list.offset);
  const written = added.map(jsonOneLine);
  const last = list.children?.at(-1);
  const close = list.offset + list.length - 1;
  if (last === undefined) {
    const inside = text.slice(list.offset + 1, close);
    const isBlank = inside.trim() === '';
    const length = written.join(', ').length;
    if (isBlank && length > LONG && text.trim().includes('\n')) {
      const { indent, unit } = layoutAt(text, list.offset);
      const lines = written.map((value) => eol + indent + unit + value);
      return splice(text, list.offset + 1, close, `${lines.join(',')}${eol}${indent}`);
    }
    return splice(text, list.offset + 1, isBlank ? close : list.offset + 1, written.join(', ') + (isBlank ? '' : ' '));
  }
  const end = last.offset + last.length;
  const { comma, tail } = behind(text, end);
  const isTall = startsLine(text, last.offset);
  const glue = isTall ? eol + indentAt(text, last.offset) : ' ';
  const more = written.map((value) => glue + value).join(',');
  if (comma !== undefined) {
    const after = isTall ? Math.max(tail, comma + 1) : comma + 1;
    return splice(text, after, after, `${more},`);
  }
  const at = isTall ? tail : end;
  return splice(splice(text, at, at, more), end, end, ',');
}

/** The comma behind a value, and where the comments of its line end. */
function behind(text: string, from: number): { readonly comma: number | undefined; readonly tail: number } {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let comma: number | undefined;
  let tail = from;
  let isOnLine = true;
  for (let kind: number = scanner.scan(); kind !== EOF; kind = scanner.scan()) {
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (kind === COMMA && comma === undefined) {
      comma = start;
      if (isOnLine) tail = end;
    } else if (kind === LINE_BREAK) isOnLine = false;
    else if (kind === LINE_COMMENT || kind === BLOCK_COMMENT) {
      if (isOnLine) tail = end;
    } else if (kind !== WHITE_SPACE) break;
  }
  return { comma, tail };
}

function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
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
