/**
 * The canonical form of a JSON text (RFC 8785): no white space, keys in the order of their UTF-16 units, numbers and strings as ECMAScript
 * writes them. What I-JSON does not have stays as it is written, keys that stand twice and integers beyond a double: what somebody reads
 * as two things has two forms.
 */
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts';

/** @param text valid JSON, no deeper than what the scanner accepts. */
export function canonicalJson(text: string): string {
  return new Reader(text).value();
}

const TOKEN = /[^\s,:[\]{}]*/y;
const SPACE = 0x20;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): string {
    switch (this.#next()) {
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#array();
      case QUOTE:
        return this.#string();
      default:
        return this.#token();
    }
  }

  /** The next character that is no white space. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code <= SPACE) code = this.#text.charCodeAt(++this.#at);
    return code;
  }

  #object(): string {
    const members: Member[] = [];
    for (this.#at++; this.#next() !== CLOSE_BRACE; ) {
      if (this.#text.charCodeAt(this.#at) === COMMA) {
        this.#at++;
        this.#next();
      }
      const written = this.#string();
      const key = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
      this.#next();
      this.#at++;
      members.push({ key, text: `${written}:${this.value()}` });
    }
    this.#at++;
    // Stable: keys that stand twice stay in their order.
    members.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
    return `{${members.map(({ text }) => text).join(',')}}`;
  }

  #array(): string {
    const elements: string[] = [];
    for (this.#at++; this.#next() !== CLOSE_BRACKET; ) {
      if (this.#text.charCodeAt(this.#at) === COMMA) this.#at++;
      elements.push(this.value());
    }
    this.#at++;
    return `[${elements.join(',')}]`;
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    const written = this.#text.slice(start, this.#at);
    return written.includes('\\') ? JSON.stringify(JSON.parse(written)) : written;
  }

  #isEscaped(at: number): boolean {
    let before = at - 1;
    while (this.#text.charCodeAt(before) === BACKSLASH) before--;
    return (at - before) % 2 === 0;
  }

  /** A number, or one of the three words. */
  #token(): string {
    TOKEN.lastIndex = this.#at;
    TOKEN.test(this.#text);
    const token = this.#text.slice(this.#at, TOKEN.lastIndex);
    this.#at = TOKEN.lastIndex;
    if (token === 'null' || token === 'true' || token === 'false') return token;
    const written = JSON.stringify(Number(token));
    return isExact(token, written) ? written : token;
  }
}

interface Member {
  readonly key: string;
  readonly text: string;
}

const INTEGER = /^-?\d+$/;
/** Digits of the longest integer that a double may be written as. */
const MAX_DIGITS = 400;

/** True if a double holds the number. Digits of a fraction that are too many say nothing; those of an integer may be an id. */
function isExact(token: string, written: string): boolean {
  if (written === 'null') return false;
  if (!INTEGER.test(token) || Number.isSafeInteger(Number(token))) return true;
  return token.length <= MAX_DIGITS && digitsOf(written) === digitsOf(token);
}

/** An integer without the zeros at its end: of two with as many digits, the same for the same value. */
function digitsOf(integer: string): string {
  const [digits = ''] = integer.replace('.', '').split('e');
  return digits.replace(/0+$/, '');
}
