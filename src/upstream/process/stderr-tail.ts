/** The last of what a server wrote to stderr, for the message of the error that follows. */
import { Buffer } from 'node:buffer';
import { quoted } from '../../shared/quote-text.ts';
import { createWholeLines } from './line-assembler.ts';

const CAPACITY_BYTES = 64 * 1024;
const TAIL_LINES = 5;
const TAIL_CHARACTERS = 600;

export interface StderrTail {
  push(chunk: Buffer): void;
  /** All that is kept, redacted, without what a terminal would obey. */
  text(): string;
  /** Tells of every further line, in the same form. @returns ends it */
  follow(listener: (text: string) => void): () => void;
  /** A sentence with the last lines in quotes, redacted and bounded; empty when there are none. */
  sentence(): string;
}

/** Keeps the last 64 KiB. */
export function createStderrTail(redact: (text: string) => string, capacity: number = CAPACITY_BYTES): StderrTail {
  let chunks: Buffer[] = [];
  let held = 0;
  let isCut = false;
  const wholeLines = createWholeLines();
  const listeners = new Set<(text: string) => void>();
  /** The text that is kept; where its beginning was cut off, from the next line on: half a secret is not recognised. */
  const kept = (): string => {
    const text = Buffer.concat(chunks).subarray(-capacity).toString('utf8');
    return isCut || held > capacity ? text.slice(text.indexOf('\n') + 1) : text;
  };
  const readable = (text: string): string =>
    redact(text)
      .split('\n')
      .map((line) => visibleOutput(line).trimEnd())
      .join('\n');
  return {
    text: () => readable(kept()),
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    push(chunk) {
      const lines = wholeLines(chunk);
      if (listeners.size > 0 && lines !== '') {
        const text = readable(lines);
        for (const listener of listeners) listener(text);
      }
      chunks.push(chunk);
      held += chunk.length;
      if (held <= capacity * 2 && chunks.length < 1024) return;
      // A copy, so that no large chunk stays alive for its last bytes.
      isCut ||= held > capacity;
      const last = Buffer.from(Buffer.concat(chunks).subarray(-capacity));
      chunks = [last];
      held = last.length;
    },
    sentence() {
      const all = redact(kept());
      const lines = all
        .split(/\r?\n/)
        .map((line) => visibleOutput(line).trim())
        .filter((line) => line !== '');
      const tail = lines.slice(-TAIL_LINES).join(' | ').slice(-TAIL_CHARACTERS);
      return tail === '' ? '' : ` Its last output: ${quoted(tail, TAIL_CHARACTERS)}.`;
    },
  };
}

/** Without escape sequences and control characters, which could change what a terminal or a log shows. */
export function visibleOutput(line: string): string {
  return line.replace(ESCAPES, '').replace(CONTROLS, ' ');
}

const ESCAPES = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
