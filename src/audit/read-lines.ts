import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';

const CHUNK = 64 * 1024;
/** No line that a gateway writes is nearly this long. Bytes. */
const MAX_LINE = 1024 * 1024;

/**
 * The lines of a file as bytes, without line feeds; undefined for a line that is too long to be one of ours. Each is valid
 * until the next is asked for.
 */
export function* readLines(fd: number): Generator<Buffer | undefined> {
  const chunk = Buffer.alloc(CHUNK);
  let rest: Buffer[] = [];
  let restLength = 0;
  for (;;) {
    const filled = chunk.subarray(0, readSync(fd, chunk, 0, CHUNK, null));
    if (filled.length === 0) break;
    let from = 0;
    for (let at = filled.indexOf(0x0a); at >= 0; at = filled.indexOf(0x0a, from)) {
      const part = filled.subarray(from, at);
      if (restLength + part.length > MAX_LINE) yield undefined;
      else yield restLength === 0 ? part : Buffer.concat([...rest, part]);
      rest = [];
      restLength = 0;
      from = at + 1;
    }
    restLength += filled.length - from;
    // Of a line that is too long only the length is kept.
    if (restLength <= MAX_LINE) rest.push(Buffer.from(filled.subarray(from)));
    else rest = [];
  }
  if (restLength > 0) yield restLength > MAX_LINE ? undefined : Buffer.concat(rest);
}
