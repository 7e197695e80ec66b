/** Newline-delimited messages: bytes in, one text per line out, with bounded memory. */
import { Buffer, isUtf8 } from 'node:buffer';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineReader {
  push(chunk: Buffer): void;
}

export interface LineHandlers {
  /** One line without its end; never blank. */
  line(text: string): void;
  /**
   * A line that cannot be a message; it was dropped.
   * @returns true to go on with the next line, false to ignore whatever is pushed from now on.
   */
  broken(reason: 'too long' | 'not UTF-8'): boolean;
}

/**
 * Splits a byte stream into lines. `\r\n` counts as an end; UTF-8 is checked before anything is decoded.
 * @param maxBytes of one line; more are never held.
 */
export function createLineReader(handlers: LineHandlers, maxBytes: number): LineReader {
  let parts: Buffer[] = [];
  let held = 0;
  /** Inside a line that is too long and was reported: drop up to its end. */
  let skipping = false;
  let stopped = false;

  const fail = (reason: 'too long' | 'not UTF-8'): void => {
    stopped = !handlers.broken(reason);
  };

  const drop = (): void => {
    parts = [];
    held = 0;
  };

  const emit = (last: Buffer): void => {
    const line = parts.length === 0 ? last : Buffer.concat([...parts, last], held + last.length);
    drop();
    const end = line.length > 0 && line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
    const bytes = end === line.length ? line : line.subarray(0, end);
    if (end > maxBytes) fail('too long');
    else if (!isUtf8(bytes)) fail('not UTF-8');
    else {
      const text = bytes.toString('utf8');
      if (text.trim() !== '') handlers.line(text);
    }
  };

  return {
    push(chunk) {
      let start = 0;
      while (!stopped) {
        const end = chunk.indexOf(NEWLINE, start);
        if (end < 0) break;
        if (skipping) skipping = false;
        else emit(chunk.subarray(start, end));
        start = end + 1;
      }
      if (stopped || skipping || start >= chunk.length) return;
      const rest = start === 0 ? chunk : chunk.subarray(start);
      parts.push(rest);
      held += rest.length;
      if (held <= maxBytes + 1) return;
      drop();
      skipping = true;
      fail('too long');
    },
  };
}
