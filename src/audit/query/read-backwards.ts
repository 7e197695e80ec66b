import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';

const CHUNK = 256 * 1024;
/** No line that a gateway writes is nearly this long. Bytes. */
const MAX_LINE = 1024 * 1024;
const FEED = 0x0a;

/**
 * The lines of a file, the last one first, without their line feeds; empty lines and those that are too long to be ours are left out.
 * Each is valid until the next is asked for.
 * @param end bytes of the file that are read: what is written behind them meanwhile is not
 */
export function* readLinesBackwards(fd: number, end: number): Generator<Buffer> {
  const chunk = Buffer.alloc(CHUNK);
  /** Parts of the line whose beginning has not been read yet, the last part first. */
  let parts: Buffer[] = [];
  let length = 0;
  for (let position = end; position > 0; ) {
    const size = Math.min(CHUNK, position);
    position -= size;
    const filled = readSync(fd, chunk, 0, size, position);
    let to = filled;
    for (let at = lastFeed(chunk, to); at >= 0; at = lastFeed(chunk, to)) {
      const line = joined(chunk.subarray(at + 1, to), parts, length);
      if (line !== undefined) yield line;
      parts = [];
      length = 0;
      to = at;
    }
    length += to;
    if (length <= MAX_LINE) parts.push(Buffer.from(chunk.subarray(0, to)));
    else parts = [];
  }
  const first = joined(Buffer.alloc(0), parts, length);
  if (first !== undefined) yield first;
}

function lastFeed(chunk: Buffer, to: number): number {
  return to === 0 ? -1 : chunk.lastIndexOf(FEED, to - 1);
}

function joined(head: Buffer, later: readonly Buffer[], laterLength: number): Buffer | undefined {
  const length = head.length + laterLength;
  if (length === 0 || length > MAX_LINE) return undefined;
  return later.length === 0 ? head : Buffer.concat([head, ...later.toReversed()]);
}
