/** Edits one entry of YAML: lines of a map or a list are added behind the last and cut out. Everything else keeps its bytes. */

import type { Document, Node, Pair, ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import {
  isAlias,
  isPair,
  isScalar,
  isSeq,
  isMap as isYamlMap,
  parseAllDocuments,
  parseDocument,
  stringify,
} from 'yaml';
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
import { jsonEditor } from './json.ts';

export const yamlEditor: Editor = {
  read(text) {
    if (isJson(text)) return jsonEditor.read(text);
    const { contents } = parse(text);
    const data = toData(contents, text, 0);
    if (data === null) return new Map();
    if (!(data instanceof Map)) throw new EditError('holds no map of keys and values.');
    return data as DataMap;
  },
  set(text, container, name, value) {
    if (isJson(text)) return jsonEditor.set(text, container, name, value);
    const { contents } = parse(text);
    const entry = itemOf(contents, text, container, name);
    if (entry !== undefined) return { text: add(cut(text, entry), container, name, value).text, made: 0 };
    return add(text, container, name, value);
  },
  remove(text, container, name, made = 0) {
    if (isJson(text)) return jsonEditor.remove(text, container, name, made);
    const { contents } = parse(text);
    const entry = itemOf(contents, text, container, name);
    if (entry === undefined) return text;
    const isLast = entry.siblings === 1;
    const owner = made > 0 && isLast ? holderItem(contents, text, container) : undefined;
    const rest = cut(text, owner ?? entry);
    return isLast && owner === undefined && !entry.isFlow ? withEmpty(rest, container) : rest;
  },
};

/** A key without a value would be null, which some programs do not read: what is empty says so. */
function withEmpty(text: string, { path, nameKey }: Container): string {
  const pair = pairOf(parse(text).contents as unknown as YAMLMap, text, path.at(-1) ?? '');
  if (path.length !== 1 || pair === undefined) return text;
  const colon = text.indexOf(':', (pair.key as Node).range?.[1]) + 1;
  return splice(text, colon, colon, nameKey === undefined ? ' {}' : ' []');
}

/** JSON is YAML too, and is changed as what it is. */
function isJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

function parse(text: string): Document.Parsed {
  const all = [...parseAllDocuments(text, { uniqueKeys: false, merge: true })];
  if (all.length === 0) return parseDocument(text);
  if (all.length > 1) throw new EditError('holds several documents.', at(all[1]?.range[0] ?? 0, text));
  const [document] = all;
  const error = document?.errors[0];
  if (error !== undefined || document === undefined) {
    const place = error?.linePos?.[0];
    throw new EditError('is not valid YAML.', place && { line: place.line, column: place.col });
  }
  return document as Document.Parsed;
}

function at(offset: number, text: string): { line: number; column: number } {
  return positionAt(text, offset);
}

const MAX_DEPTH = 64;

function toData(node: unknown, text: string, depth: number): Data {
  if (depth > MAX_DEPTH) throw new EditError('is nested too deeply to be read.');
  if (isAlias(node)) return `*${node.source}`;
  if (isYamlMap(node)) {
    const map = new Map<string, Data>();
    for (const { key, value } of node.items) {
      map.set(String(isScalar(key) ? key.value : key), toData(value, text, depth + 1));
    }
    return map;
  }
  if (isSeq(node)) return node.items.map((item) => toData(item, text, depth + 1));
  return isScalar(node) ? (node.value as Data) : null;
}

/** An entry and where it stands. */
interface Item {
  readonly start: number;
  readonly end: number;
  readonly siblings: number;
  /** True if it stands inside brackets. */
  readonly isFlow: boolean;
}

function holderOf(contents: ParsedNode | null, text: string, { path }: Container): YAMLMap | YAMLSeq | undefined {
  let node: unknown = contents;
  for (const key of path) {
    if (node === null || node === undefined || isEmpty(node)) return undefined;
    if (!isYamlMap(node)) throw unfit(node, text, key);
    const pair = pairOf(node, text, key);
    node = pair?.value;
    if (node === undefined) return undefined;
  }
  if (node === null || isEmpty(node)) return undefined;
  if (!isYamlMap(node) && !isSeq(node)) throw unfit(node, text, path.at(-1) ?? '');
  return node as YAMLMap | YAMLSeq;
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && (node.value === null || node.value === '');
}

function unfit(node: unknown, text: string, key: string): EditError {
  const offset = (node as Node | undefined)?.range?.[0] ?? 0;
  return new EditError(`has ${JSON.stringify(key)} in a form that cannot be changed in place.`, at(offset, text));
}

function pairOf(map: YAMLMap, text: string, key: string): Pair | undefined {
  const found = map.items.filter((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (found[1] !== undefined) {
    const offset = (found[1].key as Node).range?.[0] ?? 0;
    throw new EditError(`has ${JSON.stringify(key)} twice, and which one counts is a guess.`, at(offset, text));
  }
  return found[0];
}

function itemOf(contents: ParsedNode | null, text: string, container: Container, name: string): Item | undefined {
  const holder = holderOf(contents, text, container);
  if (holder === undefined) return undefined;
  const siblings = holder.items.length;
  const isFlow = holder.flow === true;
  if (container.nameKey === undefined) {
    if (!isYamlMap(holder)) throw unfit(holder, text, container.path.at(-1) ?? '');
    const pair = pairOf(holder, text, name);
    return pair === undefined ? undefined : { ...spanOf(pair, text), siblings, isFlow };
  }
  if (!isSeq(holder)) throw unfit(holder, text, container.path.at(-1) ?? '');
  const item = holder.items.find((one) => isYamlMap(one) && one.get(container.nameKey) === name) as Node | undefined;
  if (item?.range === undefined || item.range === null) return undefined;
  const start = isFlow ? item.range[0] : text.lastIndexOf('-', item.range[0] - 1);
  return { start, end: item.range[1], siblings, isFlow };
}

/** The pair that holds the container. */
function holderItem(contents: ParsedNode | null, text: string, { path }: Container): Item | undefined {
  const last = path.at(-1);
  const above = holderOf(contents, text, { path: path.slice(0, -1) });
  if (last === undefined || !isYamlMap(above)) return undefined;
  const pair = pairOf(above, text, last);
  return pair && { ...spanOf(pair, text), siblings: above.items.length, isFlow: above.flow === true };
}

function spanOf(pair: Pair, text: string): { start: number; end: number } {
  const key = (pair.key as Node).range;
  const value = (pair.value as Node | null)?.range;
  const start = key?.[0] ?? 0;
  const end = value?.[1] ?? key?.[1] ?? start;
  // A pair without a value ends behind its colon.
  const colon = text.indexOf(':', key?.[1] ?? start);
  return { start, end: Math.max(end, colon + 1) };
}

function cut(text: string, { start, end, isFlow }: Item): string {
  if (isFlow) return cutFlow(text, start, end);
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const stop = endOfLine(text, end);
  const eol = /^\r?\n/.exec(text.slice(stop))?.[0] ?? '';
  if (eol === '' && stop === text.length && !text.endsWith('\n')) {
    return text.slice(0, line).replace(/\r?\n$/, '');
  }
  return splice(text, line, stop + eol.length, '');
}

function cutFlow(text: string, start: number, end: number): string {
  const behind = /^\s*,[^\S\n]*/.exec(text.slice(end))?.[0];
  if (behind !== undefined) return splice(text, start, end + behind.length, '');
  const before = /,\s*$/.exec(text.slice(0, start))?.[0] ?? '';
  return splice(text, start - before.length, end, '');
}

/** Behind the line that an item ends on; a block of text ends behind its last line. */
function endOfLine(text: string, end: number): number {
  if (end > 0 && text[end - 1] === '\n') return text[end - 2] === '\r' ? end - 2 : end - 1;
  const next = text.indexOf('\n', end);
  if (next < 0) return text.length;
  return text[next - 1] === '\r' ? next - 1 : next;
}

function add(text: string, container: Container, name: string, value: Json): Edited {
  const { contents } = parse(text);
  const holder = holderOf(contents, text, container);
  const { nameKey, path } = container;
  const entry = nameKey === undefined ? { [name]: value } : [{ [nameKey]: name, ...(value as object) }];
  if (holder === undefined || holder.items.length === 0) return addHolder(text, contents, container, entry as Json);
  if (holder.flow === true) {
    const inner = JSON.stringify(nameKey === undefined ? value : (entry as Json[])[0]);
    const last = holder.items.at(-1) as Pair | Node;
    const end = isPair(last) ? spanOf(last, text).end : ((last as Node).range?.[1] ?? 0);
    const written = nameKey === undefined ? `${JSON.stringify(name)}: ${inner}` : inner;
    return { text: splice(text, end, end, `, ${written}`), made: 0 };
  }
  if (isSeq(holder) !== (nameKey !== undefined)) throw unfit(holder, text, path.at(-1) ?? '');
  const first = holder.items[0] as Pair | Node;
  const start = isPair(first)
    ? spanOf(first, text).start
    : text.lastIndexOf('-', ((first as Node).range?.[0] ?? 1) - 1);
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  if (/\S/.test(indent)) throw unfit(holder, text, path.at(-1) ?? '');
  const last = holder.items.at(-1) as Pair | Node;
  const end = isPair(last) ? spanOf(last, text).end : ((last as Node).range?.[1] ?? 0);
  return { text: addLines(text, end, linesOf(entry as Json, indent, text)), made: 0 };
}

/** Adds lines behind the line that ends here. */
function addLines(text: string, end: number, lines: string): string {
  const eol = eolOf(text);
  const stop = endOfLine(text, end);
  return splice(text, stop, stop, eol + lines);
}

/** The map or list itself, where there is none or an empty one. */
function addHolder(text: string, contents: ParsedNode | null, container: Container, entry: Json): Edited {
  const { path } = container;
  if (path.length !== 1) throw new EditError(`has no ${path.join('.')}: add it by hand.`);
  const [key = ''] = path;
  const eol = eolOf(text);
  const pair = isYamlMap(contents) ? pairOf(contents, text, key) : undefined;
  const lines = linesOf(entry, Array.isArray(entry) ? '' : '  ', text);
  if (pair !== undefined) {
    const colon = text.indexOf(':', spanOf(pair, text).start + key.length) + 1;
    const [from = 0, end = 0] = (pair.value as Node | null)?.range ?? [];
    // Comments behind the key stay where they are; nothing at all may stand behind them.
    const emptied = end > from ? splice(text, colon, end, '') : text;
    return { text: addLines(emptied, colon, lines), made: 0 };
  }
  if (contents !== null && !isYamlMap(contents) && !isEmpty(contents)) throw unfit(contents, text, key);
  if (isYamlMap(contents) && contents.flow === true) throw unfit(contents, text, key);
  const marker = /^(?:\.\.\.)\s*$/m.exec(text);
  if (marker !== null) throw new EditError('ends with "...": add the entry by hand.', at(marker.index, text));
  const closes = text === '' || text.endsWith('\n');
  return { text: `${text}${closes ? '' : eol}${key}:${eol}${lines}${closes ? eol : ''}`, made: 1 };
}

function linesOf(entry: Json, indent: string, text: string): string {
  const eol = eolOf(text);
  const lines = stringify(entry, { lineWidth: 0, indent: 2 }).trimEnd().split('\n');
  return lines.map((line) => (line === '' ? line : indent + line)).join(eol);
}
