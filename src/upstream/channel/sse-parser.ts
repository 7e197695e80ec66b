/** Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). */
import type { Buffer } from 'node:buffer';
import { isLarge } from '../../shared/large-text.ts';

export interface ServerEvent {
  /** `message` where the server gave no type. */
  readonly type: string;
  readonly data: string;
}

export interface EventReader {
  /** @throws EventStreamError */
  push(chunk: Buffer): void;
  /** Id of the last event; undefined where none had one. */
  readonly lastId: string | undefined;
  /** Milliseconds to wait before connecting again, where the server said. */
  readonly retryMs: number | undefined;
}

type Reason = 'too long' | 'not UTF-8' | 'more than there is room for now';

export class EventStreamError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`The event stream has an event that is ${reason}.`);
    this.name = 'EventStreamError';
    this.reason = reason;
  }
}

/** Pieces of a line that are kept apart until they are put together: each costs more than a byte. */
const PIECES = 1024;

/**
 * @param maxLength of one event, in bytes.
 * @param hasRoom whether there is room for an event of so many bytes.
 */
export function createEventReader(
  handle: (event: ServerEvent) => void,
  maxLength: number,
  hasRoom: (bytes: number) => boolean = () => true,
): EventReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  /** The beginning of a line whose end has not come: its last pieces, and before them those that were put together. */
  let pieces: string[] = [];
  let parts: string[] = [];
  let held = 0;
  /** A `\r` ended the last chunk: a `\n` that follows belongs to it. */
  let afterReturn = false;
  let type = '';
  let data: string[] = [];
  let lastId: string | undefined;
  let retryMs: number | undefined;

  const dispatch = (): void => {
    if (data.length > 0)
      handle({ type: type === '' ? 'message' : type, data: data.length === 1 ? (data[0] ?? '') : data.join('\n') });
    type = '';
    data = [];
    held = 0;
  };

  const line = (text: string): void => {
    if (text === '') {
      dispatch();
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) {
      // A comment, which servers send to keep the connection open.
      if (data.length === 0) held = 0;
      return;
    }
    const field = colon < 0 ? text : text.slice(0, colon);
    const from = text.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : text.slice(from);
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) lastId = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value);
  };

  const begin = (piece: string): void => {
    pieces.push(piece);
    if (pieces.length < PIECES) return;
    parts.push(pieces.join(''));
    pieces = [];
  };

  const takeBegun = (): string => {
    if (pieces.length === 0 && parts.length === 0) return '';
    const begun = [...parts, ...pieces].join('');
    parts = [];
    pieces = [];
    return begun;
  };

  const feed = (text: string): void => {
    if (text === '') return;
    let start = afterReturn && text.charCodeAt(0) === 0x0a ? 1 : 0;
    let [newline, carriage] = [-1, -1];
    afterReturn = false;
    while (start < text.length) {
      // Each part of the text is searched once.
      if (newline < start) newline = endOrFound(text, '\n', start);
      if (carriage < start) carriage = endOrFound(text, '\r', start);
      const end = Math.min(newline, carriage);
      if (end === text.length) break;
      line(takeBegun() + text.slice(start, end));
      start = end + 1;
      if (text.charCodeAt(end) !== 0x0d) continue;
      if (start === text.length) afterReturn = true;
      else if (text.charCodeAt(start) === 0x0a) start++;
    }
    if (start < text.length) begin(text.slice(start));
  };

  return {
    push(chunk) {
      held += chunk.length;
      if (held > maxLength) throw new EventStreamError('too long');
      if (isLarge(held) && !hasRoom(held)) throw new EventStreamError('more than there is room for now');
      feed(decode(decoder, chunk));
    },
    get lastId() {
      return lastId;
    },
    get retryMs() {
      return retryMs;
    },
  };
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new EventStreamError('not UTF-8');
  }
}

function endOrFound(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found;
}
