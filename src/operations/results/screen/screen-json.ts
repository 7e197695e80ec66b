/** The strings in a JSON text, cleared one by one. Everything between them, and every string in which nothing is found, stays the text it was. */
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { unescapedInTurns } from '../../../protocol/unescape.ts';
import { eachPiece, isLarge } from '../../../shared/large-text.ts';
import { createSlices } from '../../../shared/slices.ts';
import { forAddresses, type RedactionCounts, screenLargeText, screenText } from './screen-text.ts';

export interface StringEdit {
  readonly start: number;
  readonly end: number;
  /** JSON text. */
  readonly text: string;
}

/** Shorter ones hold nothing: the shortest finding is an address of six characters. */
const SHORTEST = 6;
const ADDRESS_KEYS: ReadonlySet<string> = new Set(['uri', 'uriTemplate']);
/** Strings between two looks at the clock. */
const AT_A_TIME = 256;

/** @param json valid JSON. @returns the strings that become others, in order. Others get their turn meanwhile. */
export async function screenJson(json: string, terms: ResultTerms, counts: RedactionCounts): Promise<StringEdit[]> {
  const edits: StringEdit[] = [];
  const addresses = forAddresses(terms);
  const slice = createSlices();
  let key = '';
  let seen = 0;
  for (let open = json.indexOf('"'); open >= 0; ) {
    const close = closingQuoteOf(json, open);
    const raw = json.slice(open + 1, close);
    if (isKey(json, close + 1)) key = raw.length < 20 ? raw : '';
    else if (raw.length >= SHORTEST || terms.stripInvisible) {
      const own = ADDRESS_KEYS.has(key) ? addresses : terms;
      const text = isLarge(raw.length) ? await screenedLarge(raw, own, counts) : screened(raw, own, counts);
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

/** The JSON of the string in its place; undefined where it stays. */
function screened(raw: string, terms: ResultTerms, counts: RedactionCounts): string | undefined {
  const text = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  const other = screenText(text, terms, counts);
  return other === text ? undefined : JSON.stringify(other);
}

async function screenedLarge(raw: string, terms: ResultTerms, counts: RedactionCounts): Promise<string | undefined> {
  const text = await unescapedInTurns(raw);
  const other = await screenLargeText(text, terms, counts);
  if (other === text) return undefined;
  const pieces: string[] = [];
  await eachPiece(other, (piece) => pieces.push(JSON.stringify(piece).slice(1, -1)) > 0);
  return `"${pieces.join('')}"`;
}

function closingQuoteOf(json: string, open: number): number {
  for (let at = json.indexOf('"', open + 1); ; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** True if what ends here is followed by a colon. */
function isKey(json: string, from: number): boolean {
  let at = from;
  while (at < json.length && json.charCodeAt(at) <= 0x20) at++;
  return json.charCodeAt(at) === 0x3a;
}
