/** Reads what a server writes to stdout: its messages, and noise between them, which is passed over. */
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { createLineReader } from '../../protocol/line-splitter.ts';
import { createIdFinder, type IdFinder } from '../../protocol/request-id.ts';
import { decodeLarge } from '../../shared/large-text.ts';
import { createInOrder, sharedPauses } from '../../shared/ordered-jobs.ts';
import { createAnswerBudget, readFew } from '../channel/answer-budget.ts';
import type { ChannelHandlers } from '../channel/channel.ts';
import { createReadBrake } from '../channel/read-brake.ts';
import type { Warn } from '../warning-limiter.ts';
import { type StderrTail, visible } from './stderr-tail.ts';

/** Messages that answer no request of ours, or as much noise, that are read at once; and milliseconds in which as many are read again. */
const UNASKED = 10_000;
const UNASKED_MS = 2000;
/** As many of them between two looks at the clock. */
const UNASKED_STEP = 100;
/** Bytes of noise that count as much as one message. */
const NOISE_BYTES = 100;

export interface ServerOutput {
  /** A request went out: one message is asked for. */
  asked(): void;
  /** Whether a large message is being read. */
  readonly isBusy: boolean;
  /** Reads no further. */
  stop(): void;
}

export interface OutputOptions {
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

export function readOutput(
  stdout: Readable,
  handlers: Pick<ChannelHandlers, 'active' | 'message'>,
  { server, maxMessageBytes, tail, warn, redact, endless, failed }: OutputOptions,
): ServerOutput {
  const source = sharedPauses(stdout);
  const slow = createReadBrake(source, UNASKED, UNASKED_MS);
  const order = createInOrder(source, failed);
  const room = createAnswerBudget(server);
  const readLarge = (bytes: Buffer): Promise<void> =>
    readFew(async () => take(await decodeLarge(bytes))).finally(() => room.end());
  /** Looks for the call whose answer has no room. */
  let unread: IdFinder | undefined;
  let unasked = 0;
  let active = false;
  let over = false;

  const count = (amount: number): void => {
    unasked += amount;
    if (unasked < UNASKED_STEP) return;
    slow(unasked);
    unasked = 0;
  };

  const noise = (text: string): void => {
    count(1 + text.length / NOISE_BYTES);
    tail.push(Buffer.from(`${text.slice(0, 500)}\n`));
    warn('The server wrote a line to stdout that is no message; stdout belongs to the protocol.', {
      line: redact(visible(text.slice(0, 200))),
    });
  };

  const take = (text: string, flaw?: string): Promise<void> | void => {
    if (over) return;
    const message = messageIn(text);
    const taken = message !== undefined && handlers.message(message, undefined, flaw);
    return typeof taken === 'boolean' ? took(taken, text) : taken.then((isMessage) => took(isMessage, text));
  };

  const took = (isMessage: boolean, text: string): void => {
    if (over) return;
    if (!isMessage) {
      noise(text);
      return;
    }
    if (!active) {
      active = true;
      handlers.active();
    }
    count(1);
  };

  const reader = createLineReader(
    {
      line: (text) => order.run(() => take(text)),
      large: (bytes) => order.run(() => readLarge(bytes)),
      room: (bytes) => room.grow(bytes),
      blank: () => count(1),
      broken: (reason, line) => {
        room.end();
        unread = reason === 'no room' ? createIdFinder() : undefined;
        if (reason === 'no room') return true;
        if (line !== undefined) order.run(() => take(line.toString('latin1'), 'it is not valid UTF-8.'));
        else if (!over) endless();
        return reason !== 'too long';
      },
      dropped: (piece, isEnd) => {
        unread?.push(piece);
        const id = isEnd ? unread?.responseId() : undefined;
        if (id !== undefined) order.run(() => take(`{"id":${id}}`, NO_ROOM_FOR_LINE));
      },
    },
    maxMessageBytes,
  );
  stdout.on('data', (chunk: Buffer) => {
    if (!over) reader.push(chunk);
  });
  return {
    asked: () => {
      unasked--;
    },
    get isBusy() {
      return order.isBusy;
    },
    stop: () => {
      over = true;
      room.end();
    },
  };
}

const NO_ROOM_FOR_LINE =
  'there is no room for it now, since too many large answers are on their way: ask for less at a time.';

const OPENING: ReadonlySet<string | undefined> = new Set(['{', '[']);
const CLOSING: ReadonlySet<string | undefined> = new Set(['}', ']']);

/** The part of a line that may be a message: without what a terminal would not show as text. @returns undefined for none. */
export function messageIn(line: string): string | undefined {
  let text = line;
  // What stands before a carriage return would be written over.
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
