/** Newline-delimited messages: bytes in, one text per line out, with bounded memory. */
import { type Buffer, isUtf8 } from 'node:buffer';
import { Gatherer } from '../shared/byte-gatherer.ts';
import { isLarge } from '../shared/large-text.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineReader {
  push(chunk: Buffer): void;
}

export type LineFault = 'too long' | 'no room' | 'not UTF-8';

export interface LineHandlers {
  /** One line without its end; never blank. */
  line(text: string): void;
  /** A line that is large, instead of `line`: valid UTF-8, still to be decoded, which takes long. */
  large?(bytes: Buffer): void;
  /** A blank line. */
  blank?(): void;
  /**
   * A line that cannot be a message; it was dropped.
   * @param line where it is not UTF-8, without its end.
   * @returns true to go on with the next line, false to ignore whatever is pushed from now on.
   */
  broken(reason: LineFault, line?: Buffer): boolean;
  /** True if there is room for so many bytes of a line; asked for those that are large. */
  room?(bytes: number): boolean;
  /** After that: what a line holds that is too long or has no room, from its beginning on, piece by piece. Nothing of it is kept here. */
  dropped?(piece: Buffer, isEnd: boolean): void;
}

/**
 * Splits a byte stream into lines. `\r\n` counts as an end; UTF-8 is checked before anything is decoded.
 * @param maxBytes of one line; not much more is ever held, however small the pieces are in which it comes.
 */
export function createLineReader(handlers: LineHandlers, maxBytes: number): LineReader {
  /** The beginning of a line whose end has not come. */
  const begun = new Gatherer(maxBytes + 1);
  /** Inside a line that is too long and was reported: drop up to its end. */
  let skipping = false;
  let stopped = false;

  const fail = (reason: LineFault, line?: Buffer): void => {
    stopped = !handlers.broken(reason, line);
  };

  const emit = (last: Buffer): void => {
    let line = last;
    if (begun.length > 0) {
      begun.push(last);
      line = begun.take();
    }
    const end = line.length > 0 && line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
    const bytes = end === line.length ? line : line.subarray(0, end);
    if (end > maxBytes) {
      fail('too long');
      handlers.dropped?.(bytes, true);
    } else if (!isUtf8(bytes)) fail('not UTF-8', bytes);
    else if (handlers.large !== undefined && isLarge(end)) handlers.large(bytes);
    else {
      const text = bytes.toString('utf8');
      if (text.trim() === '') handlers.blank?.();
      else handlers.line(text);
    }
  };

  return {
    push(chunk) {
      let start = 0;
      while (!stopped) {
        const end = chunk.indexOf(NEWLINE, start);
        if (end < 0) break;
        if (skipping) handlers.dropped?.(chunk.subarray(start, end), true);
        else emit(chunk.subarray(start, end));
        skipping = false;
        start = end + 1;
      }
      if (stopped || start >= chunk.length) return;
      const rest = start === 0 ? chunk : chunk.subarray(start);
      if (skipping) return handlers.dropped?.(rest, false);
      const length = begun.length + rest.length;
      const fits = length <= maxBytes + 1;
      if (fits && (!isLarge(length) || handlers.room === undefined || handlers.room(length))) return begun.push(rest);
      const held = begun.take();
      skipping = true;
      fail(fits ? 'no room' : 'too long');
      handlers.dropped?.(held, false);
      handlers.dropped?.(rest, false);
    },
  };
}
