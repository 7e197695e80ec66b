/** Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). */
import type { Buffer } from 'node:buffer';
import { isLarge } from '../../shared/large-text.ts';

export interface ServerEvent {
  /** `message` where the server gave no type. */
  readonly type: string;
  readonly data: string;
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

/** Splits a stream into events. */
export class EventReader {
  readonly #handle: (event: ServerEvent) => void;
  readonly #maxLength: number;
  readonly #hasRoom: (bytes: number) => boolean;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** The beginning of a line whose end has not come. */
  readonly #begun = new TextPieces();
  /** Bytes of the event so far. */
  #length = 0;
  /** True where a `\r` ended the last chunk: a `\n` that follows belongs to it. */
  #isAfterReturn = false;
  #type = '';
  #data: string[] = [];
  #lastId: string | undefined;
  #retryMs: number | undefined;

  /**
   * @param maxLength of one event, in bytes.
   * @param hasRoom whether there is room for an event of so many bytes.
   */
  constructor(
    handle: (event: ServerEvent) => void,
    maxLength: number,
    hasRoom: (bytes: number) => boolean = () => true,
  ) {
    this.#handle = handle;
    this.#maxLength = maxLength;
    this.#hasRoom = hasRoom;
  }

  /** Id of the last event; undefined where none had one. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  /** Milliseconds to wait before connecting again, where the server said. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** @throws EventStreamError */
  push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#maxLength) throw new EventStreamError('too long');
    if (isLarge(this.#length) && !this.#hasRoom(this.#length)) {
      throw new EventStreamError('more than there is room for now');
    }
    this.#splitLines(decode(this.#decoder, chunk));
  }

  #splitLines(text: string): void {
    if (text === '') return;
    let start = this.#isAfterReturn && text.charCodeAt(0) === 0x0a ? 1 : 0;
    let [newline, carriage] = [-1, -1];
    this.#isAfterReturn = false;
    while (start < text.length) {
      // Each part of the text is searched once.
      if (newline < start) newline = indexOrEnd(text, '\n', start);
      if (carriage < start) carriage = indexOrEnd(text, '\r', start);
      const end = Math.min(newline, carriage);
      if (end === text.length) break;
      this.#takeLine(this.#begun.take() + text.slice(start, end));
      start = end + 1;
      if (text.charCodeAt(end) !== 0x0d) continue;
      if (start === text.length) this.#isAfterReturn = true;
      else if (text.charCodeAt(start) === 0x0a) start++;
    }
    if (start < text.length) this.#begun.push(text.slice(start));
  }

  #takeLine(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      // A comment, which servers send to keep the connection open.
      if (this.#data.length === 0) this.#length = 0;
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const from = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : line.slice(from);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#lastId = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
  }

  #dispatch(): void {
    const data = this.#data;
    const type = this.#type === '' ? 'message' : this.#type;
    if (data.length > 0) this.#handle({ type, data: data.length === 1 ? (data[0] ?? '') : data.join('\n') });
    this.#type = '';
    this.#data = [];
    this.#length = 0;
  }
}

/** Pieces that are kept apart until they are put together: each costs more than a byte. */
const MAX_PIECES = 1024;

/** Collects a text that comes in pieces. */
class TextPieces {
  /** The last pieces. */
  #pieces: string[] = [];
  /** Those before them, put together. */
  #parts: string[] = [];

  push(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length < MAX_PIECES) return;
    this.#parts.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  /** @returns the whole text, after which there is none. */
  take(): string {
    if (this.#pieces.length === 0 && this.#parts.length === 0) return '';
    const text = [...this.#parts, ...this.#pieces].join('');
    this.#parts = [];
    this.#pieces = [];
    return text;
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new EventStreamError('not UTF-8');
  }
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}
