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

export interface IdFinder {
  push(bytes: Uint8Array): void;
  /** No more bytes can make a request of it. */
  readonly isHopeless: boolean;
  /** The id once the whole message was pushed; `null` where it is no request with exactly one (JSON-RPC 2.0 section 5). */
  id(): IdText;
  /** The one id of what has no method and can only be a response; undefined for anything else. */
  responseId(): IdText | undefined;
}

/**
 * Reads the members of the root strictly and what is inside of them only as far as it takes to find their ends. Holds next to
 * nothing and recurses nowhere, however long and deep the message is.
 */
export function createIdFinder(): IdFinder {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let hopeless = false;
  let closed = false;
  /** What was read of the key or the value that has begun, without what is inside of it. */
  let part: number[] = [];
  /** White space followed it. */
  let isDone = false;
  let key: string | undefined;
  let members = 0;
  let ids = 0;
  let id: IdText | undefined;
  let asks = false;

  const endKey = (): void => {
    const read = part.length < MAX_PART && !isPlainOther(part) ? parsed(part) : '';
    if (key !== undefined || typeof read !== 'string') hopeless = true;
    else key = read;
    part = [];
  };

  const endMember = (isLast: boolean): void => {
    if (key === undefined || part.length === 0) {
      hopeless ||= !(isLast && members === 0 && key === undefined && part.length === 0);
      return;
    }
    if (key === 'id') {
      ids++;
      id = parsed(part) === undefined ? undefined : canonicalId(Buffer.from(part).toString());
    }
    asks ||= key === 'method';
    members++;
    key = undefined;
    part = [];
  };

  const structure = (byte: number): void => {
    if (closed || (depth === 0 && byte !== OPEN_BRACE)) {
      hopeless = true;
      return;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 1) begin(byte);
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth > 0) return;
      if (byte === CLOSE_BRACKET) hopeless = true;
      closed = true;
      endMember(true);
    } else if (depth > 1) return;
    else if (byte === COLON) endKey();
    else if (byte === COMMA) endMember(false);
    else begin(byte);
  };

  /** What is no structure of the root: a part begins, or goes on. */
  const begin = (byte: number): void => {
    if (isDone && part.length > 0) hopeless = true;
    isDone = false;
    keep(byte);
  };

  const keep = (byte: number): void => {
    if (part.length < MAX_PART) part.push(byte);
  };

  const only = (): IdText | undefined => (!hopeless && closed && ids === 1 ? id : undefined);

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length && !hopeless; at++) {
        const byte = bytes[at] ?? 0;
        if (inString) {
          if (depth === 1) keep(byte);
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else inString = byte !== QUOTE;
        } else if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) {
          isDone ||= depth === 1;
        } else {
          structure(byte);
          inString = byte === QUOTE;
        }
      }
    },
    get isHopeless() {
      return hopeless;
    },
    id: () => (asks ? only() : undefined) ?? 'null',
    responseId: () => (asks ? undefined : only()),
  };
}

/** As `IdFinder.id` and `IdFinder.responseId`. */
export interface FoundIds {
  readonly id: IdText;
  readonly responseId: IdText | undefined;
}

/** The ids of a message that is whole. */
export function idsIn(text: string): FoundIds {
  const finder = createIdFinder();
  finder.push(Buffer.from(text));
  return { id: finder.id(), responseId: finder.responseId() };
}

/** The same for a text that is large: others get their turn meanwhile. */
export async function idsInTurns(text: string): Promise<FoundIds> {
  const finder = createIdFinder();
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
