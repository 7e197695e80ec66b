/** Edits one entry of JSON with comments. Everything else keeps its bytes. */
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import {
  type Container,
  type Data,
  type DataMap,
  EditError,
  type Edited,
  type Editor,
  eolOf,
  type Json,
  positionAt,
  splice,
} from './data.ts';

/** Kinds of tokens (`SyntaxKind` of the scanner, which is gone after compiling). */
const COMMA = 5;
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const LINE_BREAK = 14;
const WHITE_SPACE = 15;
const EOF = 17;

const OPTIONS = { allowTrailingComma: true, disallowComments: false };

export const jsonEditor: Editor = {
  read(text) {
    const root = parse(text);
    return root === undefined ? new Map() : (toData(root) as DataMap);
  },
  set(text, container, name, value) {
    const root = parse(text);
    if (root === undefined) return startFile(text, container, name, value);
    const { node, missing, hole } = reach(text, root, container.path);
    if (hole !== undefined) {
      return { text: replaceValue(text, hole, nest(missing.slice(1), name, value)), made: missing.length - 1 };
    }
    if (missing.length === 0) {
      const member = memberOf(text, node, name);
      if (member !== undefined) return { text: replaceValue(text, member, value), made: 0 };
      return { text: insert(text, node, name, value), made: 0 };
    }
    const [first = '', ...rest] = missing;
    return { text: insert(text, node, first, nest(rest, name, value)), made: missing.length };
  },
  remove(text, container, name, made = 0) {
    const root = parse(text);
    if (root === undefined) return text;
    const { node, missing } = reach(text, root, container.path);
    if (missing.length > 0) return text;
    const member = memberOf(text, node, name);
    if (member === undefined) return text;
    // Maps that were made for this go with it.
    let [owner, gone] = [node, member];
    for (let level = 0; level < made && owner.children?.length === 1 && owner.parent?.parent !== undefined; level++) {
      gone = owner.parent;
      owner = owner.parent.parent;
    }
    return cut(text, owner, gone);
  },
};

/** The object at the root; undefined where there is nothing but white space and comments. */
function parse(text: string): Node | undefined {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, OPTIONS);
  } catch (error) {
    if (error instanceof RangeError) throw new EditError('is nested too deeply to be read.');
    throw error;
  }
  if (root === undefined && isBlank(text)) return undefined;
  const [error] = errors;
  if (error !== undefined) {
    throw new EditError(`is not valid JSON (${printParseErrorCode(error.error)}).`, positionAt(text, error.offset));
  }
  if (root?.type !== 'object') throw new EditError('holds no object in { }.', positionAt(text, root?.offset ?? 0));
  return root;
}

function isBlank(text: string): boolean {
  const scanner = createScanner(text, true);
  return Number(scanner.scan()) === EOF;
}

function toData(node: Node): Data {
  if (node.type === 'array') return (node.children ?? []).map(toData);
  if (node.type !== 'object') return node.value;
  const map = new Map<string, Data>();
  for (const { children } of node.children ?? []) {
    const [key, value] = children ?? [];
    if (key !== undefined && value !== undefined) map.set(key.value, toData(value));
  }
  return map;
}

interface Reached {
  readonly node: Node;
  readonly missing: readonly string[];
  /** The member of the first missing key, where that is null. */
  readonly hole?: Node | undefined;
}

/** The last object of the path that is there, and the keys that are missing below it. */
function reach(text: string, root: Node, path: readonly string[]): Reached {
  let node = root;
  for (const [at, key] of path.entries()) {
    const member = memberOf(text, node, key);
    const value = member?.children?.[1];
    if (value?.type === 'null') return { node, missing: path.slice(at), hole: member };
    if (value === undefined) return { node, missing: path.slice(at) };
    if (value.type !== 'object') {
      throw new EditError(`has ${JSON.stringify(key)}, which is no object in { }.`, positionAt(text, value.offset));
    }
    node = value;
  }
  return { node, missing: [] };
}

function memberOf(text: string, object: Node, name: string): Node | undefined {
  const found = (object.children ?? []).filter(({ children }) => children?.[0]?.value === name);
  const second = found[1];
  if (second !== undefined) {
    const message = `has ${JSON.stringify(name)} twice, and which one counts is a guess.`;
    throw new EditError(message, positionAt(text, second.offset));
  }
  return found[0];
}

function nest(path: readonly string[], name: string, value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), { [name]: value });
}

function startFile(text: string, { path }: Container, name: string, value: Json): Edited {
  const eol = eolOf(text);
  const gap = text === '' || /\n\s*$/.test(text) ? '' : eol;
  const made = layout(nest(path, name, value), '  ').replaceAll('\n', eol);
  return { text: `${text}${gap}${made}${eol}`, made: path.length };
}

function replaceValue(text: string, member: Node, value: Json): string {
  const old = member.children?.[1];
  if (old === undefined) return text;
  const isNothing = old.length <= 2 || (old.type === 'null' && text.trim().includes('\n'));
  const isFlat = !text.slice(old.offset, old.offset + old.length).includes('\n') && !isNothing;
  const written = isFlat ? flat(text, value) : tall(text, value, indentAt(text, member.offset));
  return splice(text, old.offset, old.offset + old.length, written);
}

function insert(text: string, object: Node, name: string, value: Json): string {
  const start = object.offset;
  const end = start + object.length - 1;
  const last = object.children?.at(-1);
  const isFlat = !text.slice(start, end).includes('\n');
  const eol = eolOf(text);
  const colon = isTight(text) ? ':' : ': ';
  if (last === undefined) {
    const isOneLine = !text.trim().includes('\n');
    if (isOneLine) return splice(text, start + 1, start + 1, JSON.stringify(name) + colon + flat(text, value));
    const outer = indentAt(text, start);
    const indent = outer + unitOf(text);
    const member = `${eol}${indent}${JSON.stringify(name)}: ${tall(text, value, indent)}`;
    const inside = text.slice(start + 1, end);
    // A comment may be all that is inside: the entry comes behind it.
    const at = start + 1 + inside.trimEnd().length;
    const closes = /\n[ \t]*$/.test(inside.slice(inside.trimEnd().length));
    return splice(text, at, at, member + (closes ? '' : eol + outer));
  }
  const { comma, tail } = after(text, last.offset + last.length, end);
  const indent = startsLine(text, last.offset) ? indentAt(text, last.offset) : indentAt(text, start) + unitOf(text);
  const sep = isFlat ? (colon === ':' ? '' : ' ') : eol + indent;
  const written = isFlat ? flat(text, value) : tall(text, value, indent);
  const member = `${sep}${JSON.stringify(name)}${isFlat ? colon : ': '}${written}`;
  if (comma !== undefined) return splice(text, tail, tail, `${member},`);
  const behind = splice(text, tail, tail, member);
  return splice(behind, last.offset + last.length, last.offset + last.length, ',');
}

/** Takes one member out with its comma and the line that it leaves. */
function cut(text: string, object: Node, member: Node): string {
  const members = object.children ?? [];
  const at = members.indexOf(member);
  const before = members[at - 1];
  const next = members[at + 1];
  const close = object.offset + object.length - 1;
  const end = member.offset + member.length;
  const own = after(text, end, next?.offset ?? close);
  const stop = own.comma === undefined ? end : own.comma + 1;
  const from =
    before === undefined ? object.offset + 1 : after(text, before.offset + before.length, member.offset).tail;
  // Text that somebody wrote between the one before and this stays.
  const gap = text.slice(from, member.offset);
  const start = gap.trim() === '' ? from : from + gap.trimEnd().length;
  if (before === undefined && next === undefined && gap.trim() === '' && text.slice(stop, close).trim() === '') {
    return splice(text, start, close, '');
  }
  if (own.comma !== undefined || before === undefined) return splice(text, start, stop, '');
  // The one before is the last now, and has no comma behind it.
  const made = splice(text, start, stop, '');
  const { comma } = after(text, before.offset + before.length, member.offset);
  return comma === undefined ? made : splice(made, comma, comma + 1, '');
}

/** The comma behind a value, and where what belongs to it ends: behind it and the comments of its line. */
function after(text: string, from: number, limit: number): { comma: number | undefined; tail: number } {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let comma: number | undefined;
  let tail = from;
  let onLine = true;
  for (let kind: number = scanner.scan(); kind !== EOF; kind = scanner.scan()) {
    const start = scanner.getTokenOffset();
    if (start >= limit) break;
    const end = start + scanner.getTokenLength();
    if (kind === COMMA && comma === undefined) {
      comma = start;
      tail = end;
      onLine = true;
    } else if (kind === LINE_BREAK) {
      if (comma !== undefined) break;
      onLine = false;
    } else if (kind === LINE_COMMENT || kind === BLOCK_COMMENT) {
      if (onLine) tail = end;
    } else if (kind !== WHITE_SPACE) break;
  }
  return { comma, tail };
}

function flat(text: string, value: Json): string {
  return isTight(text) ? JSON.stringify(value) : oneLine(value);
}

function oneLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function tall(text: string, value: Json, indent: string): string {
  return layout(value, unitOf(text)).replaceAll('\n', eolOf(text) + indent);
}

/** Characters that a list may have on one line. */
const LIST_WIDTH = 80;

/** Objects over several lines, short lists on one. */
function layout(value: Json, unit: string): string {
  if (Array.isArray(value)) {
    const line = oneLine(value);
    const isShort = line.length <= LIST_WIDTH && value.every((item) => typeof item !== 'object' || item === null);
    return isShort
      ? line
      : block(
          '[',
          value.map((item) => layout(item, unit)),
          ']',
          unit,
        );
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${layout(member, unit)}`);
  return members.length === 0 ? '{}' : block('{', members, '}', unit);
}

function block(open: string, parts: readonly string[], close: string, unit: string): string {
  const lines = parts.map((part) => unit + part.replaceAll('\n', `\n${unit}`));
  return `${open}\n${lines.join(',\n')}\n${close}`;
}

/** True if a file on one line has no space behind its colons. */
function isTight(text: string): boolean {
  return !text.trim().includes('\n') && !/":\s/.test(text.slice(0, 10_000));
}

function unitOf(text: string): string {
  return /^[ \t]+(?=["}\]])/m.exec(text)?.[0] ?? '  ';
}

function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line, line + 400))?.[0] ?? '';
}

function startsLine(text: string, offset: number): boolean {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*$/.test(text.slice(line, offset));
}
