/**
 * The one strict pass over a message (RFC 8259). It checks the whole text and remembers where the members of the objects
 * named by a shape begin and end, so that what is not ours can be forwarded as the exact text it arrived in.
 */
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts';
import { escapeEnd, LONG, numberEnd, PlainRuns, spaceEnd, WORTH_SEARCHING } from './json-tokens.ts';
import { type ScannedObject, type Shape, shapeIn } from './members.ts';
import { ScanError } from './scan-error.ts';
import { OpenKeys, ScanFrame } from './scan-frame.ts';

export interface JsonScanOptions {
  /** Containers inside containers; more is refused before anything recurses that deep. */
  readonly maxDepth: number;
  /** Refuse a key that stands twice in one object, at any depth: two parsers would read two messages. */
  readonly uniqueKeys: boolean;
}

/** The first character of null, and of no other value. */
const LOWER_N = 0x6e;
/** Keys of one object that are compared or kept: each takes most of a microsecond, and a hundred bytes and more. */
const MAX_KEYS = 100_000;
/**
 * Scans one JSON text, which must be an object.
 * @throws ScanError
 */
export function scanObject(text: string, shape: Shape, options: JsonScanOptions): ScannedObject {
  const scan = new Scan(text, shape, options, shared);
  try {
    scan.advance(text.length + 1);
  } catch (error) {
    // Those of this scan still hold parts of its text.
    shared = new ScanFrame(undefined);
    throw error;
  }
  return scan.root;
}

/** The frames of all scans that run to their end at once: there is never more than one of those. */
let shared = new ScanFrame(undefined);

/** One pass over a text, which can stop on its way: what is open is a list, not a recursion. */
export class Scan {
  readonly #text: string;
  readonly #shape: Shape;
  readonly #maxDepth: number;
  readonly #uniqueKeys: boolean;
  /** The innermost container that is open; at depth 0 what is around the root. */
  #frame: ScanFrame;
  #root: ScannedObject | undefined;
  readonly #keys = new OpenKeys();
  #at = 0;
  /** The offset from which on the scan may stop. */
  #until = 0;
  /** True if it stopped in a string. */
  #isInString = false;
  /** True if the string is a key. */
  #isKey = false;
  #escaped = false;
  readonly #runs: PlainRuns;

  constructor(text: string, shape: Shape, options: JsonScanOptions, around = new ScanFrame(undefined)) {
    this.#frame = around;
    this.#text = text;
    this.#runs = new PlainRuns(text);
    this.#shape = shape;
    this.#maxDepth = options.maxDepth;
    this.#uniqueKeys = options.uniqueKeys;
  }

  /** The root, once all of it was scanned. */
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
    outer.inner ??= new ScanFrame(outer);
    const frame = outer.inner;
    frame.isObject = isObject;
    frame.start = this.#at++;
    frame.members = shape === undefined ? undefined : [];
    frame.shape = shape;
    frame.count = 0;
    frame.firstKey = this.#keys.count;
    this.#frame = frame;
    this.#space();
    if (this.#text.charCodeAt(this.#at) === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) this.#ended(this.#close(frame));
  }

  /** Ends the innermost container. @returns what is remembered of it */
  #close(frame: ScanFrame): ScannedObject | undefined {
    const { start, members } = frame;
    const end = ++this.#at;
    if (frame.isObject) {
      this.#keys.dropFrom(frame.firstKey);
      // Parts of a text hold all of it.
      frame.key = '';
      frame.members = undefined;
      frame.keySet = undefined;
    }
    this.#frame = frame.outer as ScanFrame;
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
  #goOn(frame: ScanFrame): boolean {
    const isKey = this.#isKey;
    if (isKey ? !this.#member(frame, true) : !this.#string(true)) return false;
    this.#isInString = false;
    if (!isKey || this.#value(frame)) this.#ended(undefined);
    return true;
  }

  /** A key, and what is between it and its value. @param goesOn after a stop. @returns whether all of that is over */
  #member(frame: ScanFrame, goesOn: boolean): boolean {
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
      if (this.#uniqueKeys && !this.#keys.add(frame, key)) throw this.#duplicate(keyStart);
    }
    this.#space();
    if (text.charCodeAt(this.#at) !== COLON) throw this.#syntax('":"');
    this.#at++;
    this.#space();
    frame.valueStart = this.#at;
    return true;
  }

  /** A value, or the beginning of a container. @returns whether it has ended */
  #value(frame: ScanFrame): boolean {
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
        const end = this.#runs.end(at);
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

  /** @returns offset after the escape whose character after the backslash is at `at`. */
  #escape(at: number): number {
    const end = escapeEnd(this.#text, at);
    if (end >= 0) return end;
    this.#at = ~end;
    throw this.#syntax(this.#at === at ? 'an escape' : 'four hexadecimal digits');
  }

  #number(): void {
    const end = numberEnd(this.#text, this.#at);
    this.#at = end < 0 ? ~end : end;
    if (end < 0) throw this.#syntax('a value');
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#syntax('a value');
    this.#at += word.length;
  }

  #space(): void {
    this.#at = spaceEnd(this.#text, this.#at);
  }

  #syntax(expected: string): ScanError {
    const what = this.#at >= this.#text.length ? 'The message ends' : 'The message is not JSON';
    const isObject = this.#frame.depth > 0 || this.#root !== undefined;
    return new ScanError('syntax', this.#at, `${what}: expected ${expected} at offset ${this.#at}.`, isObject);
  }

  #duplicate(at: number): ScanError {
    return new ScanError('duplicate', at, `A key stands twice in one object (offset ${at}).`);
  }

  #tooMany(): ScanError {
    return new ScanError('keys', this.#at, `The message has an object with more than ${MAX_KEYS} keys.`);
  }

  #tooDeep(): ScanError {
    return new ScanError('depth', this.#at, `The message nests deeper than ${this.#maxDepth} levels.`);
  }
}
