/** Edits one entry of TOML: tables are added at the end and cut out whole. Everything else keeps its bytes. */
import { parse, TomlError } from 'smol-toml';
import {
  type Container,
  type Data,
  type DataMap,
  dataAt,
  EditError,
  type Editor,
  eolOf,
  isMap,
  type Json,
  type JsonObject,
  splice,
} from './data.ts';
import { inlinePairs, type Statement, statementsOf, valueEnd } from './toml-scan.ts';

export const tomlEditor: Editor = {
  read,
  set(text, container, name, value) {
    const root = read(text);
    refuseLists(container);
    const holder = dataAt(root, container.path);
    if (holder !== undefined && !isMap(holder)) {
      throw new EditError(`has ${container.path.join('.')}, which is no table.`);
    }
    const before = holder?.has(name) === true ? tomlEditor.remove(text, container, name) : text;
    const inline = inlineTable(before, container.path);
    if (inline !== undefined) return { text: intoInline(before, inline, name, value), made: 0 };
    const eol = eolOf(before);
    const block = blockOf([...container.path, name], value).join(eol);
    const isEmpty = before.trim() === '';
    const closes = before === '' || before.endsWith('\n');
    const gap = isEmpty ? '' : closes ? eol : eol + eol;
    return { text: `${before}${gap}${block}${closes ? eol : ''}`, made: 0 };
  },
  remove(text, container, name) {
    refuseLists(container);
    const root = read(text);
    const holder = dataAt(root, container.path);
    if (!isMap(holder) || !holder.has(name)) return text;
    const inline = inlineTable(text, container.path);
    if (inline !== undefined) return outOfInline(text, inline, name);
    const full = [...container.path, name];
    let made = text;
    // From the end, so that what is before keeps its place.
    for (const { start, end } of spansOf(text, full).reverse()) made = cutLines(made, start, end);
    return made;
  },
};

function read(text: string): DataMap {
  try {
    return toData(parse(text, { integersAsBigInt: 'asNeeded' })) as DataMap;
  } catch (error) {
    if (error instanceof TomlError) {
      throw new EditError('is not valid TOML.', { line: error.line, column: error.column });
    }
    if (error instanceof RangeError) throw new EditError('is nested too deeply to be read.');
    throw error;
  }
}

function toData(value: unknown): Data {
  if (Array.isArray(value)) return value.map(toData);
  if (value instanceof Date) return value;
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, member]) => [key, toData(member)]));
  }
  return value as Data;
}

function refuseLists({ nameKey }: Container): void {
  if (nameKey !== undefined) throw new EditError('keeps its entries in a list, which cannot be changed in TOML.');
}

/** The pair that holds the container as an inline table: `mcp_servers = { ... }`. */
function inlineTable(text: string, path: readonly string[]): Statement | undefined {
  return located(text).find(({ statement, full }) => {
    return statement.kind === 'pair' && full.length === path.length && full.every((key, at) => key === path[at]);
  })?.statement;
}

interface Located {
  readonly statement: Statement;
  /** Keys from the root. */
  readonly full: readonly string[];
}

function located(text: string): Located[] {
  let table: readonly string[] = [];
  return statementsOf(text).map((statement) => {
    if (statement.kind !== 'pair') {
      table = statement.keys;
      return { statement, full: table };
    }
    return { statement, full: [...table, ...statement.keys] };
  });
}

function intoInline(text: string, { value, end }: Statement, name: string, json: Json): string {
  const close = text.lastIndexOf('}', end);
  const inside = text.slice(value + 1, close);
  const gap = inside.trim() === '' ? '' : ',';
  const at = value + 1 + inside.trimEnd().length;
  return splice(text, at, at, `${gap} ${keyOf(name)} = ${inlineOf(json)}${inside.trim() === '' ? ' ' : ''}`);
}

/** Takes every pair of the entry out, with the comma that it leaves. */
function outOfInline(text: string, { value }: Statement, name: string): string {
  const pairs = inlinePairs(text, value);
  const gone = pairs.filter(({ keys }) => keys[0] === name);
  if (gone.length === pairs.length) return splice(text, value, valueEnd(text, value), '{}');
  let made = text;
  for (const pair of gone.reverse()) {
    const at = pairs.indexOf(pair);
    const before = pairs[at - 1];
    const hasBefore = before !== undefined && pairs.slice(0, at).some((one) => one.keys[0] !== name);
    if (hasBefore) made = splice(made, before.end, pair.end, '');
    else made = splice(made, pair.start, pairs[at + 1]?.start ?? pair.end, '');
  }
  return made;
}

/** Lines of everything below the entry: its tables with their pairs, or single pairs of tables above it. */
function spansOf(text: string, full: readonly string[]): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let isOpen = false;
  for (const { statement, full: keys } of located(text)) {
    const isBelow = keys.length >= full.length && full.every((key, at) => keys[at] === key);
    const last = spans.at(-1);
    if (isBelow && isOpen && last !== undefined) last.end = statement.end;
    else if (isBelow) spans.push({ start: statement.start, end: statement.end });
    isOpen = isBelow;
  }
  if (spans.length === 0) {
    throw new EditError(`has ${full.join('.')} inside a value on one line: take it out by hand.`);
  }
  return spans;
}

/** Takes lines out, with the empty line before them. */
function cutLines(text: string, start: number, end: number): string {
  const before = text.slice(0, start);
  const rest = text.slice(end);
  const eol = /^\r?\n/.exec(rest)?.[0] ?? '';
  const gap = /(?:^|\n)(\r?\n)$/.exec(before)?.[1] ?? '';
  if (eol === '') return before.slice(0, before.length - gap.length).replace(/\r?\n$/, '');
  const after = rest.slice(eol.length);
  // One empty line stays between what is before and what follows.
  const joins = gap !== '' && (after === '' || /^\r?\n/.test(after) || before.length === gap.length);
  return before.slice(0, before.length - (joins ? gap.length : 0)) + after;
}

/** The lines of a table: its values, then its tables. */
function blockOf(path: readonly string[], value: Json): string[] {
  if (!isObject(value)) throw new EditError('takes only tables as entries.');
  const members = Object.entries(value);
  const pairs = members.filter(([, member]) => !isObject(member));
  const tables = members.filter(([, member]) => isObject(member));
  return [
    `[${path.map(keyOf).join('.')}]`,
    ...pairs.map(([key, member]) => `${keyOf(key)} = ${inlineOf(member)}`),
    ...tables.flatMap(([key, member]) => ['', ...blockOf([...path, key], member)]),
  ];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyOf(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : textOf(key);
}

function inlineOf(value: Json): string {
  if (typeof value === 'string') return textOf(value);
  if (Array.isArray(value)) return `[${value.map(inlineOf).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([key, member]) => `${keyOf(key)} = ${inlineOf(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  if (value === null) throw new EditError('has no null in TOML.');
  return String(value);
}

/** JSON's escapes are TOML's, but for what is not ASCII and DEL. */
function textOf(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}
