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
  /** Whether the text begins like an object. */
  readonly isObject: boolean;

  constructor(reason: Reason, position: number, message: string, isObject = true) {
    super(message);
    this.name = 'ScanError';
    this.isObject = isObject;
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
const LONG = 64;
/** Characters that a search has to skip for the next one to begin at once. */
const WORTH_SEARCHING = 16;
/** Characters that are searched at once: a text may be one long string. */
const WINDOW = 64 * 1024;
const UP_TO_CONTROL = /[ -\uffff]*/y;
const SPACES = /[ \n\r\t]*/y;
const DIGITS = /[0-9]*/y;

/** Keys of one object that are compared or kept: each takes most of a microsecond, and a hundred bytes and more. */
const MAX_KEYS = 100_000;
/** Above this many keys a set is cheaper than comparing each with each. */
const LINEAR_KEYS = 8;

/**
 * Scans one JSON text, which must be an object.
 * @throws ScanError
 */
export function scanObject(text: string, shape: Shape, options: ScanOptions): ScannedObject {
  const scan = new Scan(text, shape, options, shared);
  try {
    scan.advance(text.length + 1);
  } catch (error) {
    // Those of this scan still hold parts of its text.
    shared = new Frame(undefined);
    throw error;
  }
  return scan.root;
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

/** Where the next one stands, or the end of the window in which it is looked for. */
function indexOf(text: string, what: string, from: number, end: number): number {
  if (end >= text.length) {
    const found = text.indexOf(what, from);
    return found < 0 ? text.length : found;
  }
  // A part of the text, which costs no copy.
  const found = text.slice(from, end).indexOf(what);
  return found < 0 ? end : from + found;
}

/** The end of what a sticky pattern matches. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

/** A container that is open. A class, because every message makes some. */
class Frame {
  readonly outer: Frame | undefined;
  readonly depth: number;
  /** Made once for all containers at its depth. */
  inner: Frame | undefined;
  isObject = false;
  start = 0;
  /** What is remembered of an object that the shape names. */
  members: Member[] | undefined;
  shape: Shape | undefined;
  /** Of an object: its keys so far, where those among the keys of all begin, and the set of them once there are many. */
  count = 0;
  firstKey = 0;
  keySet: Set<string> | undefined;
  /** The member that is being read. */
  key = '';
  keyStart = 0;
  valueStart = 0;

  constructor(outer: Frame | undefined) {
    this.outer = outer;
    this.depth = outer === undefined ? 0 : outer.depth + 1;
  }
}

/** The frames of all scans that run to their end at once: there is never more than one of those. */
let shared = new Frame(undefined);

/** One pass over a text, which can stop on its way: what is open is a list, not a recursion. */
export class Scan {
  readonly #text: string;
  readonly #shape: Shape;
  readonly #maxDepth: number;
  readonly #uniqueKeys: boolean;
  /** The innermost container that is open; at depth 0 what is around the root. */
  #frame: Frame;
  #root: ScannedObject | undefined;
  /** Keys of the objects that are open, those of the innermost last: one list for all of them. */
  readonly #keys: string[] = [];
  #keyCount = 0;
  #at = 0;
  /** Where the scan may stop. */
  #until = 0;
  /** Whether it stopped in a string. */
  #isInString = false;
  /** Whether the string is a key. */
  #isKey = false;
  #escaped = false;
  /** Where the next of each stands, or the end of the window in which it was looked for. */
  #nextQuote = -1;
  #nextBackslash = -1;
  #nextControl = -1;

  constructor(text: string, shape: Shape, options: ScanOptions, around = new Frame(undefined)) {
    this.#frame = around;
    this.#text = text;
    this.#shape = shape;
    this.#maxDepth = options.maxDepth;
    this.#uniqueKeys = options.uniqueKeys;
  }

  /** What was scanned, once all of it was. */
  get root(): ScannedObject {
    if (this.#root === undefined) throw new Error('The scan has not come to its end.');
    return this.#root;
  }

  /**
   * Goes on for so many characters, and a few more.
   * @returns whether that was the end of the text.
   * @throws ScanError
   */
  advance(characters: number): boolean {
    this.#until = this.#at + characters;
    if (this.#isInString) {
      if (!this.#goOn(this.#frame)) return false;
    } else if (this.#frame.depth === 0) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== OPEN_BRACE) throw this.#syntax('an object');
      this.#open(true, this.#shape);
    }
    while (this.#frame.depth > 0) {
      if (this.#at >= this.#until) return false;
      const frame = this.#frame;
      if (frame.isObject && !this.#member(frame, false)) return false;
      if (this.#value(frame)) this.#ended(undefined);
    }
    this.#space();
    if (this.#at !== this.#text.length) throw this.#syntax('the end of the message');
    return true;
  }

  /** Begins a container; one with nothing in it ends at once. */
  #open(isObject: boolean, shape: Shape | undefined): void {
    const outer = this.#frame;
    if (outer.depth === this.#maxDepth) throw this.#tooDeep();
    outer.inner ??= new Frame(outer);
    const frame = outer.inner;
    frame.isObject = isObject;
    frame.start = this.#at++;
    frame.members = shape === undefined ? undefined : [];
    frame.shape = shape;
    frame.count = 0;
    frame.firstKey = this.#keyCount;
    this.#frame = frame;
    this.#space();
    if (this.#text.charCodeAt(this.#at) === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) this.#ended(this.#close(frame));
  }

  /** Ends the innermost container. @returns what is remembered of it */
  #close(frame: Frame): ScannedObject | undefined {
    const { start, members } = frame;
    const end = ++this.#at;
    if (frame.isObject) {
      this.#keyCount = frame.firstKey;
      // Parts of a text hold all of it.
      frame.key = '';
      frame.members = undefined;
      frame.keySet = undefined;
    }
    this.#frame = frame.outer as Frame;
    return members === undefined ? undefined : { start, end, members };
  }

  /** After a value: what it is a part of goes on, or ends, and so on outwards. */
  #ended(value: ScannedObject | undefined): void {
    const text = this.#text;
    let object = value;
    for (let frame = this.#frame; frame.depth > 0; frame = this.#frame) {
      if (frame.members !== undefined) {
        const { key, keyStart, valueStart: start } = frame;
        const isNull = text.charCodeAt(start) === LOWER_N;
        frame.members.push({ key, keyStart, start, end: this.#at, object, isNull });
      }
      this.#space();
      const code = text.charCodeAt(this.#at);
      if (code === COMMA) {
        this.#at++;
        this.#space();
        return;
      }
      if (code !== (frame.isObject ? CLOSE_BRACE : CLOSE_BRACKET))
        throw this.#syntax(frame.isObject ? '"," or "}"' : '"," or "]"');
      object = this.#close(frame);
    }
    this.#root = object;
  }

  /** Goes on in the string in which it stopped. @returns whether that has ended */
  #goOn(frame: Frame): boolean {
    const isKey = this.#isKey;
    if (isKey ? !this.#member(frame, true) : !this.#string(true)) return false;
    this.#isInString = false;
    if (!isKey || this.#value(frame)) this.#ended(undefined);
    return true;
  }

  /** A key, and what is between it and its value. @param goesOn after a stop. @returns whether all of that is over */
  #member(frame: Frame, goesOn: boolean): boolean {
    const text = this.#text;
    const keyStart = goesOn ? frame.keyStart : this.#at;
    if (text.charCodeAt(keyStart) !== QUOTE) throw this.#syntax('a key');
    if (!this.#string(goesOn)) {
      frame.keyStart = keyStart;
      this.#isKey = true;
      return false;
    }
    if (this.#uniqueKeys || frame.members !== undefined) {
      if (++frame.count > MAX_KEYS) throw this.#tooMany();
      const key = this.#escaped
        ? (JSON.parse(text.slice(keyStart, this.#at)) as string)
        : text.slice(keyStart + 1, this.#at - 1);
      frame.key = key;
      frame.keyStart = keyStart;
      if (this.#uniqueKeys) this.#addKey(frame, key);
    }
    this.#space();
    if (text.charCodeAt(this.#at) !== COLON) throw this.#syntax('":"');
    this.#at++;
    this.#space();
    frame.valueStart = this.#at;
    return true;
  }

  #addKey(frame: Frame, key: string): void {
    const { firstKey } = frame;
    if (frame.keySet === undefined && this.#keyCount - firstKey === LINEAR_KEYS) {
      frame.keySet = new Set(this.#keys.slice(firstKey, this.#keyCount));
    }
    const { keySet, keyStart } = frame;
    if (keySet === undefined ? this.#hasKey(key, firstKey) : keySet.has(key)) {
      throw new ScanError('duplicate', keyStart, `A key stands twice in one object (offset ${keyStart}).`);
    }
    if (keySet === undefined) this.#keys[this.#keyCount++] = key;
    else keySet.add(key);
  }

  #hasKey(key: string, from: number): boolean {
    for (let index = from; index < this.#keyCount; index++) if (this.#keys[index] === key) return true;
    return false;
  }

  /** A value, or the beginning of a container. @returns whether it has ended */
  #value(frame: Frame): boolean {
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        if (this.#string(false)) return true;
        this.#isKey = false;
        return false;
      case OPEN_BRACE:
        this.#open(true, frame.shape === undefined ? undefined : shapeIn(frame.shape, frame.key));
        return false;
      case OPEN_BRACKET:
        this.#open(false, undefined);
        return false;
      case 0x74:
        this.#word('true');
        return true;
      case 0x66:
        this.#word('false');
        return true;
      case LOWER_N:
        this.#word('null');
        return true;
      default:
        this.#number();
        return true;
    }
  }

  /** @param goesOn after a stop. @returns whether it has ended */
  #string(goesOn: boolean): boolean {
    const text = this.#text;
    let at = goesOn ? this.#at : this.#at + 1;
    if (!goesOn) this.#escaped = false;
    let long = at + LONG;
    for (;;) {
      if (at > long) {
        if (at >= this.#until) {
          this.#at = at;
          this.#isInString = true;
          return false;
        }
        const end = this.#plainUntil(at);
        long = end - at < WORTH_SEARCHING ? end + LONG : end;
        at = end;
      }
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return true;
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

  /** Up to where, from `at` on, there is no character that a string cannot hold as it is. Each part of the text is searched once. */
  #plainUntil(at: number): number {
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
    let at = from;
    let code = text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      if (++at - from === LONG) at = endOf(DIGITS, text, at);
      code = text.charCodeAt(at);
    }
    this.#at = at;
    if (at === from) throw this.#syntax('a value');
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#syntax('a value');
    this.#at += word.length;
  }

  #space(): void {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    let code = text.charCodeAt(at);
    // One comparison for what is none.
    if (code > 0x20) return;
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      if (++at - from === LONG) at = endOf(SPACES, text, at);
      code = text.charCodeAt(at);
    }
    this.#at = at;
  }

  #syntax(expected: string): ScanError {
    const what = this.#at >= this.#text.length ? 'The message ends' : 'The message is not JSON';
    const isObject = this.#frame.depth > 0 || this.#root !== undefined;
    return new ScanError('syntax', this.#at, `${what}: expected ${expected} at offset ${this.#at}.`, isObject);
  }

  #tooMany(): ScanError {
    return new ScanError('keys', this.#at, `The message has an object with more than ${MAX_KEYS} keys.`);
  }

  #tooDeep(): ScanError {
    return new ScanError('depth', this.#at, `The message nests deeper than ${this.#maxDepth} levels.`);
  }
}
