/** Ids of requests, also of those that are refused before they are read: their clients wait for an answer. */
import { Buffer, isUtf8 } from 'node:buffer';
import { eachPiece } from '../shared/large-text.ts';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts';

/** JSON text of a request id, in the one form that equal ids share. */
export type IdText = string;

/** MCP: an id is a string or an integer, never null. */
export function canonicalId(json: string): IdText | undefined {
  if (json.charCodeAt(0) === 0x22) return json.includes('\\') ? JSON.stringify(JSON.parse(json)) : json;
  return /^-?\d{1,40}$/.test(json) ? json : undefined;
}

/** Bytes of the root's keys and values that are looked at; an id has fewer. */
const MAX_PART = 512;

/**
 * Finds the id of a message that is not read otherwise. Reads the members of the root strictly and what is inside of them only
 * as far as it takes to find their ends. Holds next to nothing and recurses nowhere, however long and deep the message is.
 */
export class IdFinder {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isHopeless = false;
  #isClosed = false;
  /** The key or the value that has begun, as far as it was read, without what is inside of it. */
  #part: number[] = [];
  /** White space followed it. */
  #isDone = false;
  #key: string | undefined;
  #members = 0;
  #ids = 0;
  #id: IdText | undefined;
  #hasMethod = false;

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isHopeless; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#inString) {
        if (this.#depth === 1) this.#keep(byte);
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else this.#inString = byte !== QUOTE;
      } else if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) {
        this.#isDone ||= this.#depth === 1;
      } else {
        this.#structure(byte);
        this.#inString = byte === QUOTE;
      }
    }
  }

  /** No more bytes can make a request of it. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** The id once the whole message was pushed; `null` where it is no request with exactly one (JSON-RPC 2.0 section 5). */
  id(): IdText {
    return (this.#hasMethod ? this.#onlyId() : undefined) ?? 'null';
  }

  /** The one id of what has no method and can only be a response; undefined for anything else. */
  responseId(): IdText | undefined {
    return this.#hasMethod ? undefined : this.#onlyId();
  }

  #onlyId(): IdText | undefined {
    return !this.#isHopeless && this.#isClosed && this.#ids === 1 ? this.#id : undefined;
  }

  #structure(byte: number): void {
    if (this.#isClosed || (this.#depth === 0 && byte !== OPEN_BRACE)) {
      this.#isHopeless = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (this.#depth === 1) this.#begin(byte);
      this.#depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.#depth--;
      if (this.#depth === 0) this.#endRoot(byte);
    } else if (this.#depth > 1) return;
    else if (byte === COLON) this.#endKey();
    else if (byte === COMMA) this.#endMember(false);
    else this.#begin(byte);
  }

  /** Takes a byte that is no structure of the root: a part begins, or goes on. */
  #begin(byte: number): void {
    if (this.#isDone && this.#part.length > 0) this.#isHopeless = true;
    this.#isDone = false;
    this.#keep(byte);
  }

  #keep(byte: number): void {
    if (this.#part.length < MAX_PART) this.#part.push(byte);
  }

  #endKey(): void {
    const key = this.#part.length < MAX_PART && !isPlainOther(this.#part) ? parsed(this.#part) : '';
    if (this.#key !== undefined || typeof key !== 'string') this.#isHopeless = true;
    else this.#key = key;
    this.#part = [];
  }

  #endMember(isLast: boolean): void {
    if (this.#key === undefined || this.#part.length === 0) {
      const isEmptyRoot = isLast && this.#members === 0 && this.#key === undefined && this.#part.length === 0;
      this.#isHopeless ||= !isEmptyRoot;
      return;
    }
    if (this.#key === 'id') {
      this.#ids++;
      this.#id = parsed(this.#part) === undefined ? undefined : canonicalId(Buffer.from(this.#part).toString());
    }
    this.#hasMethod ||= this.#key === 'method';
    this.#members++;
    this.#key = undefined;
    this.#part = [];
  }

  #endRoot(byte: number): void {
    if (byte === CLOSE_BRACKET) this.#isHopeless = true;
    this.#isClosed = true;
    this.#endMember(true);
  }
}

/** As `IdFinder.id` and `IdFinder.responseId`. */
export interface FoundIds {
  readonly id: IdText;
  readonly responseId: IdText | undefined;
}

/** The ids of a message that is whole. @param message its text, or its bytes where they are no UTF-8 */
export function idsIn(message: string | Buffer): FoundIds {
  const finder = new IdFinder();
  finder.push(typeof message === 'string' ? Buffer.from(message) : message);
  return { id: finder.id(), responseId: finder.responseId() };
}

/** The same for a text that is large: others get their turn meanwhile. */
export async function idsInTurns(text: string): Promise<FoundIds> {
  const finder = new IdFinder();
  await eachPiece(text, (piece) => {
    finder.push(Buffer.from(piece));
    return !finder.isHopeless;
  });
  return { id: finder.id(), responseId: finder.responseId() };
}

/** A key in plain ASCII that is neither `id` nor `method`, as nearly all are: a message may have hundreds of thousands. */
function isPlainOther(part: readonly number[]): boolean {
  const last = part.length - 1;
  if (last === 3 || last === 7 || part[0] !== QUOTE || part[last] !== QUOTE) return false;
  for (let at = 1; at < last; at++) {
    const byte = part[at] ?? 0;
    if (byte < 0x20 || byte >= 0x7f || byte === BACKSLASH || byte === QUOTE) return false;
  }
  return last > 0;
}

/** undefined for what is no JSON in UTF-8, or was cut off. */
function parsed(part: readonly number[]): unknown {
  const bytes = Buffer.from(part);
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}
