/** Small operations on JSON text that was scanned before and is known to be valid. */

import { eachPiece, inTurns, isLarge, STEP } from '../shared/large-text.ts';
import type { Member, ScannedObject } from './members.ts';

/** The text of an object without its braces and the white space around the members. */
export function innerText(text: string, object: { readonly start: number; readonly end: number }): string {
  return text.slice(object.start + 1, object.end - 1).trim();
}

/**
 * The members of an object that `keep` accepts, as text without braces. The original text, white space included, when all
 * are kept.
 */
export function keepMembers(
  text: string,
  object: ScannedObject,
  keep: (key: string, member: Member) => boolean,
): string {
  let kept = '';
  let isWhole = true;
  for (const member of object.members) {
    const { key, keyStart, end } = member;
    if (!keep(key, member)) isWhole = false;
    else kept = kept === '' ? text.slice(keyStart, end) : `${kept},${text.slice(keyStart, end)}`;
  }
  return isWhole ? innerText(text, object) : kept;
}

/** Joins texts of members; empty ones are left out. */
export function joinMembers(...parts: readonly (string | undefined)[]): string {
  let joined = '';
  for (const part of parts) {
    if (part === undefined || part === '') continue;
    joined = joined === '' ? part : `${joined},${part}`;
  }
  return joined;
}

/** Printable ASCII without quotes and backslashes: its JSON is itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The JSON of a text: for names, which nearly all are plain, at a third of what JSON.stringify costs. */
export function jsonString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** JSON text without insignificant white space; digits, escapes and key order stay as they are. */
export function compact(text: string): string {
  let kept = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = closingQuote(text, at);
    else if (code <= 0x20) {
      kept += text.slice(from, at);
      from = at + 1;
    }
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** JSON text on one line: raw line breaks can only be white space between tokens (RFC 8259 section 7). */
export function oneLine(text: string): string {
  if (!text.includes('\n') && !text.includes('\r')) return text;
  return text.length > LONG ? oneLongLine(text) : text.replace(/[\r\n]/g, ' ');
}

/** Characters from which on replacing one by one takes too long, if there are many. */
const LONG = 64 * 1024;

/** The same byte by byte. */
function oneLongLine(text: string): string {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x0a || byte === 0x0d) bytes[at] = 0x20;
  }
  return bytes.toString();
}

/** The same for a text that may be large: others get their turn meanwhile. */
export async function oneLineInTurns(text: string): Promise<string> {
  if (!text.includes('\n') && !text.includes('\r')) return text;
  const pieces: string[] = [];
  await eachPiece(text, (piece) => pieces.push(oneLongLine(piece)) > 0);
  return pieces.join('');
}

/** The texts of the elements of an array, `text` being the array from `[` to `]`; the first of them where there are more than `most`. */
export function elements(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const search = new ElementSearch(text, most);
  search.advance(Number.POSITIVE_INFINITY);
  return search.found;
}

/** The same for an array that may be large: others get their turn meanwhile. */
export async function elementsInTurns(text: string, most?: number): Promise<string[]> {
  const search = new ElementSearch(text, most ?? Number.POSITIVE_INFINITY);
  if (isLarge(text.length)) await inTurns(() => search.advance(STEP));
  else search.advance(Number.POSITIVE_INFINITY);
  return search.found;
}

class ElementSearch {
  readonly found: string[] = [];
  readonly #text: string;
  readonly #most: number;
  #at = 0;
  #depth = 0;
  #start = -1;
  #isInString = false;

  constructor(text: string, most: number) {
    this.#text = text;
    this.#most = most;
  }

  /** Goes on for so many characters, or one more. @returns whether all was found */
  advance(characters: number): boolean {
    const [text, found, most] = [this.#text, this.found, this.#most];
    const until = Math.min(text.length, this.#at + characters);
    let [at, depth, start, isInString] = [this.#at, this.#depth, this.#start, this.#isInString];
    for (; at < until && found.length < most; at++) {
      const code = text.charCodeAt(at);
      if (isInString) {
        if (code === 0x5c) at++;
        else if (code === 0x22) isInString = false;
      } else if (code === 0x22) {
        if (start < 0) start = at;
        isInString = true;
      } else if (code === 0x5b || code === 0x7b) {
        depth++;
        if (depth === 2 && start < 0) start = at;
      } else if (code === 0x5d || code === 0x7d) {
        depth--;
        if (depth === 0 && start >= 0) found.push(text.slice(start, at).trimEnd());
      } else if (code === 0x2c && depth === 1) {
        found.push(text.slice(start, at).trimEnd());
        start = -1;
      } else if (start < 0 && code > 0x20) {
        start = at;
      }
    }
    [this.#at, this.#depth, this.#start, this.#isInString] = [at, depth, start, isInString];
    return at >= text.length || found.length >= most;
  }
}

/** The end of the string that begins at `open`, in valid JSON. */
export function closingQuote(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
}
