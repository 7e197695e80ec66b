/** The smallest parts of a JSON text: from where one begins to where it ends. */
import { BACKSLASH, QUOTE } from './characters.ts';

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Characters after which the rest of a string is searched instead of read, which pays for itself by then. */
export const LONG = 64;
/** Characters that a search has to skip for the next one to begin at once. */
export const WORTH_SEARCHING = 16;
/** Characters that are searched at once: a text may be one long string. */
const WINDOW = 64 * 1024;
const UP_TO_CONTROL = /[ -\uffff]*/y;
const SPACES = /[ \n\r\t]*/y;
const DIGITS = /[0-9]*/y;

/** Offset after the white space at `at`. */
export function spaceEnd(text: string, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  // One comparison for what is none.
  if (code > 0x20) return at;
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
    if (++at - from === LONG) at = endOf(SPACES, text, at);
    code = text.charCodeAt(at);
  }
  return at;
}

/** Offset after the number at `at`; where it is none, the complement (`~`) of the offset at which it stops to be one. */
export function numberEnd(text: string, from: number): number {
  let at = from;
  if (text.charCodeAt(at) === MINUS) at++;
  at = text.charCodeAt(at) === ZERO ? at + 1 : digitsEnd(text, at);
  if (at >= 0 && text.charCodeAt(at) === DOT) at = digitsEnd(text, at + 1);
  if (at >= 0 && (text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charCodeAt(at + 1);
    at = digitsEnd(text, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  while (code >= ZERO && code <= NINE) {
    if (++at - from === LONG) at = endOf(DIGITS, text, at);
    code = text.charCodeAt(at);
  }
  return at === from ? ~at : at;
}

/** Offset after the escape whose character after the backslash is at `at`; the complement (`~`) of an offset that is wrong. */
export function escapeEnd(text: string, at: number): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75:
      for (let index = at + 1; index <= at + 4; index++) {
        const code = text.charCodeAt(index);
        const lower = code | 0x20;
        if (!((code >= ZERO && code <= NINE) || (lower >= 0x61 && lower <= 0x66))) return ~index;
      }
      return at + 5;
    default:
      return ~at;
  }
}

/** Searches a text for what ends a run of plain characters in a string. Each part of the text is searched once. */
export class PlainRuns {
  readonly #text: string;
  /** The offset of the next of each, or the end of the window in which it was looked for. */
  #nextQuote = -1;
  #nextBackslash = -1;
  #nextControl = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to where, from `at` on, there is no character that a string cannot hold as it is. */
  end(at: number): number {
    const text = this.#text;
    const end = at + WINDOW;
    if (this.#nextQuote < at) this.#nextQuote = indexOf(text, '"', at, end);
    if (this.#nextBackslash < at) this.#nextBackslash = indexOf(text, '\\', at, end);
    if (this.#nextControl < at) {
      this.#nextControl =
        end < text.length ? at + endOf(UP_TO_CONTROL, text.slice(at, end), 0) : endOf(UP_TO_CONTROL, text, at);
    }
    return Math.min(this.#nextQuote, this.#nextBackslash, this.#nextControl);
  }
}

/** The offset of the next one, or the end of the window in which it is looked for. */
function indexOf(text: string, what: string, from: number, end: number): number {
  if (end >= text.length) {
    const index = text.indexOf(what, from);
    return index < 0 ? text.length : index;
  }
  // A part of the text, which costs no copy.
  const index = text.slice(from, end).indexOf(what);
  return index < 0 ? end : from + index;
}

/** The end of what a sticky pattern matches. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}
