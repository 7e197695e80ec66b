/** Two definitions field by field, in words for people who never saw JSON Schema. */
import type { DefinitionChange } from './compare-with-lock.ts';

export interface FieldChange {
  /** The place of the change: `description`, `argument "path": description`. */
  readonly field: string;
  /** The text before and now, quoted; undefined for nothing. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Text that is there now and that nobody sees, decoded. */
  readonly hidden?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Characters of a value that are shown. */
const MAX_LENGTH = 2_000;
/** Characters around a difference, where a value is long. */
const CONTEXT = 80;

/** The differences in it; none where only its name is another. */
export function changedFields({ kind, what, before, after }: DefinitionChange): readonly FieldChange[] {
  if (what === 'renamed') return [];
  return kind === 'package' ? [{ field: 'version', before, after }] : fieldChanges(before, after);
}

/** @param before JSON text; undefined where there was none, as @param after */
export function fieldChanges(before: string | undefined, after: string | undefined): FieldChange[] {
  const changes: FieldChange[] = [];
  compare([], parsed(before), parsed(after), changes);
  if (changes.length > 0 || before === after) return changes;
  // Changes that one reader does not see, such as a key that stands twice.
  const [one, other] = around(before ?? '', after ?? '');
  return [{ field: 'text as it is written', before: visible(one), after: visible(other) }];
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function compare(path: readonly string[], before: unknown, after: unknown, changes: FieldChange[]): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (isRequired(path)) compareRequired(path, before, after, changes);
  else if (!compareMembers(path, before, after, changes)) changes.push(changeOf(path, before, after));
}

/** @returns whether there were any */
function compareMembers(path: readonly string[], before: unknown, after: unknown, changes: FieldChange[]): boolean {
  if (!isFields(before ?? after) || !isFields(after ?? before)) return false;
  const [one, other]: readonly Fields[] = [before ?? {}, after ?? {}].filter(isFields);
  const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  for (const key of keys) compare([...path, key], one?.[key], other?.[key], changes);
  return keys.size > 0;
}

function changeOf(path: readonly string[], before: unknown, after: unknown): FieldChange {
  const [one, other] =
    typeof before === 'string' && typeof after === 'string' ? around(before, after) : [before, after];
  const hidden = hiddenIn(JSON.stringify(after) ?? '');
  const change = { field: fieldName(path), before: shown(one), after: shown(other) };
  return hidden === '' ? change : { ...change, hidden: visible(hidden) };
}

/** The list of arguments that must be there. */
function isRequired(path: readonly string[]): boolean {
  return path.at(-1) === 'required' && SCHEMAS.has(path[0] ?? '');
}

function compareRequired(path: readonly string[], before: unknown, after: unknown, changes: FieldChange[]): void {
  const [one, other] = [before, after].map((list) => (Array.isArray(list) ? list.map(String) : []));
  for (const name of new Set([...(one ?? []), ...(other ?? [])])) {
    const [was, is] = [one?.includes(name) === true, other?.includes(name) === true];
    if (was === is) continue;
    const field = fieldName([...path.slice(0, -1), 'properties', name]);
    changes.push({ field, before: was ? 'must be given' : undefined, after: is ? 'must be given' : undefined });
  }
}

const SCHEMAS: ReadonlyMap<string, string> = new Map([
  ['inputSchema', 'argument'],
  ['outputSchema', 'field of the result'],
]);

/** `argument "options": field "depth": description`. */
function fieldName(path: readonly string[]): string {
  const words: string[] = [];
  let kind = SCHEMAS.get(path[0] ?? '');
  for (let at = 0; at < path.length; at++) {
    const step = path[at] ?? '';
    if (at === 0 && kind !== undefined) continue;
    if (step === 'properties' && kind !== undefined && at + 1 < path.length) {
      words.push(`${kind} ${visible(JSON.stringify(path[++at]))}`);
      kind = 'field';
    } else words.push(/^\w+$/.test(step) ? step : visible(JSON.stringify(step)));
  }
  if (words.length > 0) return words.join(': ');
  return path[0] === 'outputSchema' ? 'result' : path[0] === 'inputSchema' ? 'arguments' : 'text';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of two long texts the part in which they differ. */
function around(before: string, after: string): readonly [string, string] {
  if (Math.max(before.length, after.length) <= 4 * CONTEXT) return [before, after];
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  const from = Math.max(0, start - CONTEXT);
  const part = (text: string): string => {
    const to = Math.min(text.length, text.length - end + CONTEXT);
    return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
  };
  return [part(before), part(after)];
}

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = visible(JSON.stringify(value));
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}… (${text.length} characters)` : text;
}

/** Characters that have no shape of their own, change the direction of text, or look like a space and are none. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A text with everything in it that nobody sees as an escape. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text that tag characters stand for. */
function hiddenIn(text: string): string {
  const tags = text.match(/[\u{e0020}-\u{e007e}]/gu) ?? [];
  return tags.map((tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000)).join('');
}
