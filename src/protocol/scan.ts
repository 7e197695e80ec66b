/**
 * The one strict pass over a message (RFC 8259). It checks the whole text and remembers where the members of the objects
 * named by a shape begin and end, so that what is not ours can be forwarded as the exact text it arrived in.
 */
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts';

export interface Member {
  /** The key with its escapes decoded. */
  readonly key: string;
  /** Offset of the key's opening quote. */
  readonly keyStart: number;
  /** Offset of the first character of the value. */
  readonly start: number;
  /** Offset after the last character of the value. */
  readonly end: number;
  /** Members of the value, where it is an object that the shape names. */
  readonly object: ScannedObject | undefined;
  readonly isNull: boolean;
}

export interface ScannedObject {
  /** Offset of `{`. */
  readonly start: number;
  /** Offset after `}`. */
  readonly end: number;
  readonly members: readonly Member[];
}

/** Which objects to remember: `{ params: { _meta: {} } }` remembers the root, `params` and `params._meta`. */
export interface Shape {
  readonly [key: string]: Shape;
}

export interface ScanOptions {
  /** Containers inside containers; more is refused before anything recurses that deep. */
  readonly maxDepth: number;
  /** Refuse a key that stands twice in one object, at any depth: two parsers would read two messages. */
  readonly uniqueKeys: boolean;
}

type Reason = 'syntax' | 'depth' | 'duplicate' | 'keys';

export class ScanError extends Error {
  readonly reason: Reason;
  readonly position: number;

  constructor(reason: Reason, position: number, message: string) {
    super(message);
    this.name = 'ScanError';
    this.reason = reason;
    this.position = position;
  }
}

/** How null begins, and no other value. */
const LOWER_N = 0x6e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Characters after which the rest of a string is searched instead of read, which pays for itself by then. */
const LONG_STRING = 64;
/** Characters that a search has to skip for the next one to begin at once. */
const WORTH_SEARCHING = 16;
const UP_TO_CONTROL = /[ -\uffff]*/y;

/** Keys of one object that are compared or kept: each takes most of a microsecond, and a hundred bytes and more. */
const MAX_KEYS = 100_000;
/** Above this many keys a set is cheaper than comparing each with each. */
const LINEAR_KEYS = 8;

/**
 * Scans one JSON text, which must be an object.
 * @throws ScanError
 */
export function scanObject(text: string, shape: Shape, options: ScanOptions): ScannedObject {
  const scanner = new Scanner(text, options);
  return scanner.document(shape);
}

/** The first character that is not white space: what kind of value the text holds. Empty string for a blank text. */
export function firstCharacter(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return text.charAt(at);
  }
  return '';
}

/** Finds a member that says something: many programs write null where they mean nothing, so null counts as absent. */
export function findMember(object: ScannedObject | undefined, key: string): Member | undefined {
  const member = findMemberOrNull(object, key);
  return member?.isNull === true ? undefined : member;
}

/** The same where null is a value like any other. */
export function findMemberOrNull(object: ScannedObject | undefined, key: string): Member | undefined {
  if (object === undefined) return undefined;
  const { members } = object;
  for (let index = 0; index < members.length; index++) {
    const member = members[index];
    if (member !== undefined && member.key === key) return member;
  }
  return undefined;
}

/** Compares instead of looking up: as the name of a property, every key that is sent would first be put into V8's table of names. */
function shapeIn(shape: Shape, key: string): Shape | undefined {
  for (const name in shape) if (name === key) return shape[name];
  return undefined;
}

/** The end of the text where there is none. */
function indexOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found;
}

class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #uniqueKeys: boolean;
  /** Keys of the objects that are open, those of the innermost last: one list for all of them. */
  readonly #keys: string[] = [];
  #keyCount = 0;
  #at = 0;
  #escaped = false;
  /** Where the next of each stands, as far as they were looked for; the end of the text where there is none. */
  #nextQuote = -1;
  #nextBackslash = -1;
  #nextControl = -1;

  constructor(text: string, options: ScanOptions) {
    this.#text = text;
    this.#maxDepth = options.maxDepth;
    this.#uniqueKeys = options.uniqueKeys;
  }

  document(shape: Shape): ScannedObject {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== OPEN_BRACE) throw this.#syntax('an object');
    const object = this.#object(1, shape);
    this.#space();
    if (this.#at !== this.#text.length) throw this.#syntax('the end of the message');
    return object as ScannedObject;
  }

  #object(depth: number, shape: Shape | undefined): ScannedObject | undefined {
    if (depth > this.#maxDepth) throw this.#tooDeep();
    const text = this.#text;
    const objectStart = this.#at++;
    const members: Member[] | undefined = shape === undefined ? undefined : [];
    const firstKey = this.#keyCount;
    let keySet: Set<string> | undefined;
    let keys = 0;
    this.#space();
    if (text.charCodeAt(this.#at) === CLOSE_BRACE) {
      this.#at++;
      return members === undefined ? undefined : { start: objectStart, end: this.#at, members };
    }
    for (;;) {
      if (text.charCodeAt(this.#at) !== QUOTE) throw this.#syntax('a key');
      const keyStart = this.#at;
      this.#string();
      let key = '';
      if (this.#uniqueKeys || members !== undefined) {
        if (++keys > MAX_KEYS) throw this.#tooMany();
        key = this.#escaped
          ? (JSON.parse(text.slice(keyStart, this.#at)) as string)
          : text.slice(keyStart + 1, this.#at - 1);
      }
      if (this.#uniqueKeys) {
        if (keySet === undefined && this.#keyCount - firstKey === LINEAR_KEYS) {
          keySet = new Set(this.#keys.slice(firstKey, this.#keyCount));
        }
        if (keySet === undefined ? this.#hasKey(key, firstKey) : keySet.has(key)) {
          throw new ScanError('duplicate', keyStart, `A key stands twice in one object (offset ${keyStart}).`);
        }
        if (keySet === undefined) this.#keys[this.#keyCount++] = key;
        else keySet.add(key);
      }
      this.#space();
      if (text.charCodeAt(this.#at) !== COLON) throw this.#syntax('":"');
      this.#at++;
      this.#space();
      const start = this.#at;
      const inner = shape !== undefined && text.charCodeAt(start) === OPEN_BRACE ? shapeIn(shape, key) : undefined;
      const object = this.#value(depth, inner);
      members?.push({ key, keyStart, start, end: this.#at, object, isNull: text.charCodeAt(start) === LOWER_N });
      this.#space();
      const code = text.charCodeAt(this.#at++);
      if (code === COMMA) {
        this.#space();
        continue;
      }
      if (code !== CLOSE_BRACE) {
        this.#at--;
        throw this.#syntax('"," or "}"');
      }
      this.#keyCount = firstKey;
      return members === undefined ? undefined : { start: objectStart, end: this.#at, members };
    }
  }

  #hasKey(key: string, from: number): boolean {
    for (let index = from; index < this.#keyCount; index++) if (this.#keys[index] === key) return true;
    return false;
  }

  #array(depth: number): void {
    if (depth > this.#maxDepth) throw this.#tooDeep();
    const text = this.#text;
    this.#at++;
    this.#space();
    if (text.charCodeAt(this.#at) === CLOSE_BRACKET) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value(depth, undefined);
      this.#space();
      const code = text.charCodeAt(this.#at++);
      if (code === COMMA) {
        this.#space();
        continue;
      }
      if (code !== CLOSE_BRACKET) {
        this.#at--;
        throw this.#syntax('"," or "]"');
      }
      return;
    }
  }

  #value(depth: number, shape: Shape | undefined): ScannedObject | undefined {
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        this.#string();
        return undefined;
      case OPEN_BRACE:
        return this.#object(depth + 1, shape);
      case OPEN_BRACKET:
        this.#array(depth + 1);
        return undefined;
      case 0x74:
        this.#word('true');
        return undefined;
      case 0x66:
        this.#word('false');
        return undefined;
      case 0x6e:
        this.#word('null');
        return undefined;
      default:
        this.#number();
        return undefined;
    }
  }

  #string(): void {
    const text = this.#text;
    let at = this.#at + 1;
    let long = at + LONG_STRING;
    this.#escaped = false;
    for (;;) {
      if (at > long) {
        const end = this.#plainUntil(at);
        long = end - at < WORTH_SEARCHING ? end + LONG_STRING : end;
        at = end;
      }
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return;
      }
      if (code === BACKSLASH) {
        this.#escaped = true;
        at = this.#escape(at + 1);
      } else if (code >= 0x20) {
        at++;
      } else {
        // A control character, or NaN at the end of the text.
        this.#at = at;
        throw this.#syntax('the end of the string');
      }
    }
  }

  /** The next character, from `at` on, that a string cannot hold as it is. Each part of the text is searched once. */
  #plainUntil(at: number): number {
    const text = this.#text;
    if (this.#nextQuote < at) this.#nextQuote = indexOf(text, '"', at);
    if (this.#nextBackslash < at) this.#nextBackslash = indexOf(text, '\\', at);
    if (this.#nextControl < at) {
      UP_TO_CONTROL.lastIndex = at;
      UP_TO_CONTROL.test(text);
      this.#nextControl = UP_TO_CONTROL.lastIndex;
    }
    return Math.min(this.#nextQuote, this.#nextBackslash, this.#nextControl);
  }

  /** @returns offset after the escape whose character after the backslash is at `at`. */
  #escape(at: number): number {
    const text = this.#text;
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
      case 0x75: {
        for (let index = at + 1; index <= at + 4; index++) {
          const code = text.charCodeAt(index);
          const lower = code | 0x20;
          if (!((code >= ZERO && code <= NINE) || (lower >= 0x61 && lower <= 0x66))) {
            this.#at = index;
            throw this.#syntax('four hexadecimal digits');
          }
        }
        return at + 5;
      }
      default:
        this.#at = at;
        throw this.#syntax('an escape');
    }
  }

  #number(): void {
    const text = this.#text;
    if (text.charCodeAt(this.#at) === MINUS) this.#at++;
    if (text.charCodeAt(this.#at) === ZERO) this.#at++;
    else this.#digits();
    if (text.charCodeAt(this.#at) === DOT) {
      this.#at++;
      this.#digits();
    }
    if ((text.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++;
      const sign = text.charCodeAt(this.#at);
      if (sign === PLUS || sign === MINUS) this.#at++;
      this.#digits();
    }
  }

  #digits(): void {
    const text = this.#text;
    const from = this.#at;
    let code = text.charCodeAt(this.#at);
    while (code >= ZERO && code <= NINE) code = text.charCodeAt(++this.#at);
    if (this.#at === from) throw this.#syntax('a value');
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#syntax('a value');
    this.#at += word.length;
  }

  #space(): void {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++this.#at);
  }

  #syntax(expected: string): ScanError {
    const what = this.#at >= this.#text.length ? 'The message ends' : 'The message is not JSON';
    return new ScanError('syntax', this.#at, `${what}: expected ${expected} at offset ${this.#at}.`);
  }

  #tooMany(): ScanError {
    return new ScanError('keys', this.#at, `The message has an object with more than ${MAX_KEYS} keys.`);
  }

  #tooDeep(): ScanError {
    return new ScanError('depth', this.#at, `The message nests deeper than ${this.#maxDepth} levels.`);
  }
}
