/** The strings in a JSON text, cleared one by one. Everything between them, and every string in which nothing is found, stays the text it was. */
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { unescapedInTurns } from '../../../protocol/unescape.ts';
import { eachPiece, isLarge } from '../../../shared/large-text.ts';
import { createSlices } from '../../../shared/slices.ts';
import { closingQuoteOf, escapedStrings, isKey } from './escaped-strings.ts';
import { KEY_MEMBER, KEY_VALUE } from './key-forms.ts';
import { forAddresses, type RedactionCounts, replacement, screenLargeText, screenText } from './screen-text.ts';

/** A part of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface StringEdit extends Span {
  /** JSON text. */
  readonly text: string;
}

/** Shorter ones hold nothing: the shortest finding is an address of six characters. */
const SHORTEST = 6;
const ADDRESS_KEYS: ReadonlySet<string> = new Set(['uri', 'uriTemplate']);
const ADDRESS = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]*$/;
/** Characters of a name of a member that says something of its value. */
const LONGEST_NAME = 100;
/** Strings between two looks at the clock. */
const AT_A_TIME = 256;

/** @param json valid JSON. @param except parts that stay, in order. @returns the strings that become others, in order. Others get their turn meanwhile. */
export async function screenJson(
  json: string,
  terms: ResultTerms,
  counts: RedactionCounts,
  except: readonly Span[] = [],
): Promise<StringEdit[]> {
  const edits: StringEdit[] = [];
  const addresses = forAddresses(terms);
  const slice = createSlices();
  const namesKeys = terms.redact.includes('keys');
  let key = '';
  let seen = 0;
  const stays = [...except];
  for (let open = json.indexOf('"'); open >= 0; ) {
    const [next] = stays;
    if (next !== undefined && open >= next.start) {
      stays.shift();
      open = json.indexOf('"', Math.max(open, next.end));
      continue;
    }
    const close = closingQuoteOf(json, open);
    const raw = json.slice(open + 1, close);
    if (isKey(json, close + 1)) key = raw.length < LONGEST_NAME ? unescaped(raw) : '';
    else if (raw.length >= SHORTEST || terms.stripInvisible) {
      const own = ADDRESS_KEYS.has(key) && ADDRESS.test(raw) ? addresses : terms;
      const isNamed = namesKeys && KEY_MEMBER.test(key);
      const screening = isLarge(raw.length) ? screenedLarge(raw, own, counts) : screened(raw, own, counts, isNamed);
      const text = screening instanceof Promise ? await screening : screening;
      if (text !== undefined) edits.push({ start: open, end: close + 1, text });
    }
    if (++seen % AT_A_TIME === 0 || raw.length > AT_A_TIME) {
      const over = slice();
      if (over !== undefined) await over;
    }
    open = json.indexOf('"', close + 1);
  }
  return edits;
}

/** A text with others in the place of its strings. */
export function withStrings(json: string, edits: readonly StringEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits) {
    parts.push(json.slice(at, start), text);
    at = end;
  }
  parts.push(json.slice(at));
  return parts.join('');
}

function unescaped(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

/** The JSON of the string in its place; undefined where it stays. @param isNamed true where its name says that it is a key */
function screened(raw: string, terms: ResultTerms, counts: RedactionCounts, isNamed: boolean): string | undefined {
  const text = unescaped(raw);
  if (isNamed && isKeyValue(text)) return JSON.stringify(replacement('keys', counts));
  const other = screenText(clearedWithin(text, terms, counts), terms, counts);
  return other === text ? undefined : JSON.stringify(other);
}

function isKeyValue(text: string): boolean {
  return KEY_VALUE.test(text) && /\d/.test(text) && /[a-z]/i.test(text);
}

async function screenedLarge(raw: string, terms: ResultTerms, counts: RedactionCounts): Promise<string | undefined> {
  const text = await unescapedInTurns(raw);
  const other = await screenLargeText(await clearedWithinLarge(text, terms, counts), terms, counts);
  if (other === text) return undefined;
  const pieces: string[] = [];
  await eachPiece(other, (piece) => pieces.push(JSON.stringify(piece).slice(1, -1)) > 0);
  return `"${pieces.join('')}"`;
}

/** The text with the strings in it cleared in which escapes hide something: whoever reads it as JSON reads what they say. */
function clearedWithin(text: string, terms: ResultTerms, counts: RedactionCounts): string {
  if (!text.includes('\\')) return text;
  const edits: StringEdit[] = [];
  for (const { start, end, raw } of escapedStrings(text)) {
    const other = screened(raw, terms, counts, false);
    if (other !== undefined) edits.push({ start, end, text: other });
  }
  return edits.length === 0 ? text : withStrings(text, edits);
}

async function clearedWithinLarge(text: string, terms: ResultTerms, counts: RedactionCounts): Promise<string> {
  if (!isLarge(text.length)) return clearedWithin(text, terms, counts);
  if (!text.includes('\\')) return text;
  const edits: StringEdit[] = [];
  const slice = createSlices();
  for (const { start, end, raw } of escapedStrings(text)) {
    const screening = isLarge(raw.length) ? screenedLarge(raw, terms, counts) : screened(raw, terms, counts, false);
    const other = screening instanceof Promise ? await screening : screening;
    if (other !== undefined) edits.push({ start, end, text: other });
    const over = slice();
    if (over !== undefined) await over;
  }
  return edits.length === 0 ? text : withStrings(text, edits);
}
