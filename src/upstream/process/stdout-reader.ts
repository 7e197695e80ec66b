/** Reads what a server writes to stdout: its messages, and noise between them, which is passed over. */
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { createLineReader, type LineFault, type LineReader } from '../../protocol/line-splitter.ts';
import { IdFinder } from '../../protocol/request-id.ts';
import { decodeLarge } from '../../shared/large-text.ts';
import { createInOrder, type InOrder, sharedPauses } from '../../shared/ordered-jobs.ts';
import { type AnswerBudget, createAnswerBudget, readFew } from '../channel/answer-budget.ts';
import type { ChannelHandlers } from '../channel/channel.ts';
import { createReadBrake, type ReadBrake } from '../channel/read-brake.ts';
import type { Warn } from '../warning-limiter.ts';
import { type StderrTail, visibleOutput } from './stderr-tail.ts';

/** Messages that answer no request of ours, or as much noise, that are read at once; and milliseconds in which as many are read again. */
const UNASKED = 10_000;
const UNASKED_MS = 2000;
/** As many of them between two looks at the clock. */
const UNASKED_STEP = 100;
/** Bytes of noise that count as much as one message. */
const NOISE_BYTES = 100;

interface OutputOptions {
  readonly server: string;
  readonly maxMessageBytes: number;
  /** Takes noise for the message of an error that follows. */
  readonly tail: StderrTail;
  readonly warn: Warn;
  readonly redact: (text: string) => string;
  /** A line is longer than any message may be. */
  readonly endless: () => void;
  readonly failed: (error: unknown) => void;
}

/** The messages of one server, as it writes them. */
export class StdoutReader {
  readonly #handlers: Pick<ChannelHandlers, 'active' | 'message'>;
  readonly #options: OutputOptions;
  readonly #slow: ReadBrake;
  readonly #order: InOrder;
  readonly #room: AnswerBudget;
  readonly #lines: LineReader;
  /** Looks for the call whose answer has no room. */
  #unreadId: IdFinder | undefined;
  #unasked = 0;
  #isActive = false;
  #isStopped = false;

  constructor(stdout: Readable, handlers: Pick<ChannelHandlers, 'active' | 'message'>, options: OutputOptions) {
    const source = sharedPauses(stdout);
    this.#handlers = handlers;
    this.#options = options;
    this.#slow = createReadBrake(source, UNASKED, UNASKED_MS);
    this.#order = createInOrder(source, options.failed);
    this.#room = createAnswerBudget(options.server);
    this.#lines = createLineReader(
      {
        line: (text) => this.#order.run(() => this.#take(text)),
        large: (bytes) => this.#order.run(() => this.#takeLarge(bytes)),
        room: (bytes) => this.#room.grow(bytes),
        blank: () => this.#count(1),
        broken: (reason, line) => this.#takeBroken(reason, line),
        dropped: (piece, isEnd) => this.#pass(piece, isEnd),
      },
      options.maxMessageBytes,
    );
    stdout.on('data', (chunk: Buffer) => {
      if (!this.#isStopped) this.#lines.push(chunk);
    });
  }

  /** A request went out: one message is asked for. */
  asked(): void {
    this.#unasked--;
  }

  /** True while a large message is being read. */
  get isBusy(): boolean {
    return this.#order.isBusy;
  }

  /** Reads no further. */
  stop(): void {
    this.#isStopped = true;
    this.#room.end();
  }

  #take(text: string, flaw?: string): Promise<void> | void {
    if (this.#isStopped) return;
    const message = messageIn(text);
    const isMessage = message !== undefined && this.#handlers.message(message, undefined, flaw);
    if (typeof isMessage === 'boolean') this.#account(isMessage, text);
    else return isMessage.then((answer) => this.#account(answer, text));
  }

  #takeLarge(bytes: Buffer): Promise<void> {
    return readFew(async () => this.#take(await decodeLarge(bytes))).finally(() => this.#room.end());
  }

  /** @returns true where the reader goes on behind the line. */
  #takeBroken(reason: LineFault, line: Buffer | undefined): boolean {
    this.#room.end();
    this.#unreadId = reason === 'no room' ? new IdFinder() : undefined;
    if (reason === 'no room') return true;
    if (line !== undefined) this.#order.run(() => this.#take(line.toString('latin1'), 'it is not valid UTF-8.'));
    else if (!this.#isStopped) this.#options.endless();
    return reason !== 'too long';
  }

  /** Looks only for the id in a line that has no room. */
  #pass(piece: Buffer, isEnd: boolean): void {
    this.#unreadId?.push(piece);
    const id = isEnd ? this.#unreadId?.responseId() : undefined;
    if (id !== undefined) this.#order.run(() => this.#take(`{"id":${id}}`, NO_ROOM_FOR_LINE));
  }

  #account(isMessage: boolean, text: string): void {
    if (this.#isStopped) return;
    if (!isMessage) {
      this.#noise(text);
      return;
    }
    if (!this.#isActive) {
      this.#isActive = true;
      this.#handlers.active();
    }
    this.#count(1);
  }

  #noise(text: string): void {
    const { tail, warn, redact } = this.#options;
    this.#count(1 + text.length / NOISE_BYTES);
    tail.push(Buffer.from(`${text.slice(0, 500)}\n`));
    warn('The server wrote a line to stdout that is no message; stdout belongs to the protocol.', {
      line: redact(visibleOutput(text.slice(0, 200))),
    });
  }

  #count(amount: number): void {
    this.#unasked += amount;
    if (this.#unasked < UNASKED_STEP) return;
    this.#slow(this.#unasked);
    this.#unasked = 0;
  }
}

const NO_ROOM_FOR_LINE =
  'there is no room for it now, since too many large answers are on their way: ask for less at a time.';

const OPENING: ReadonlySet<string | undefined> = new Set(['{', '[']);
const CLOSING: ReadonlySet<string | undefined> = new Set(['}', ']']);

/** The part of a line that may be a message: without what a terminal would not show as text. @returns undefined for none. */
export function messageIn(line: string): string | undefined {
  let text = line;
  // Text before a carriage return would be written over.
  if (!OPENING.has(text[0])) {
    text = text.slice(text.lastIndexOf('\r') + 1);
    text = text.slice(0, START_CHARACTERS).replace(UNSEEN_START, '') + text.slice(START_CHARACTERS);
  }
  if (!OPENING.has(text[0])) return undefined;
  if (CLOSING.has(text.at(-1))) return text;
  const end = Math.max(0, text.length - END_CHARACTERS);
  return text.slice(0, end) + text.slice(end).replace(UNSEEN_END, '');
}

/** A message begins within so many. */
const START_CHARACTERS = 4096;
/** Looking for an end costs the square of this. */
const END_CHARACTERS = 64;

const ESC = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);
/** Spaces, control characters, byte-order marks, and sequences that colour a text or name a window. */
const SEQUENCE = `${ESC}\\[[0-9;?]*[ -/]*[@-~]|${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)`;
const UNSEEN = `(?:${SEQUENCE}|[\\p{Cc}\\s\\ufeff])`;
const UNSEEN_START = new RegExp(`^${UNSEEN}+`, 'u');
const UNSEEN_END = new RegExp(`${UNSEEN}+$`, 'u');
