import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';

const CHUNK = 64 * 1024;
/** No line that a gateway writes is nearly this long. Bytes. */
const MAX_LINE = 1024 * 1024;

interface FileLine {
  /** Without its line feed; undefined for a line that is too long to be one of ours. */
  readonly bytes: Buffer | undefined;
  /** False for what stands at the end of a file without a line feed. */
  readonly ended: boolean;
}

/**
 * The lines of a file, from where it stands. Each is valid until the next is asked for.
 * @param end bytes of the file that are read, from its beginning and wherever it stands; where it is left out, all from where it stands
 */
export function* readLines(fd: number, end?: number): Generator<FileLine> {
  const chunk = Buffer.alloc(CHUNK);
  let rest: Buffer[] = [];
  let restLength = 0;
  let position = 0;
  for (;;) {
    const length = end === undefined ? CHUNK : Math.min(CHUNK, end - position);
    const filled = chunk.subarray(0, readSync(fd, chunk, 0, length, end === undefined ? null : position));
    position += filled.length;
    if (filled.length === 0) break;
    let from = 0;
    for (let at = filled.indexOf(0x0a); at >= 0; at = filled.indexOf(0x0a, from)) {
      const part = filled.subarray(from, at);
      const whole = restLength === 0 ? part : Buffer.concat([...rest, part]);
      yield { bytes: restLength + part.length > MAX_LINE ? undefined : whole, ended: true };
      rest = [];
      restLength = 0;
      from = at + 1;
    }
    restLength += filled.length - from;
    // Of a line that is too long only the length is kept.
    if (restLength <= MAX_LINE) rest.push(Buffer.from(filled.subarray(from)));
    else rest = [];
  }
  if (restLength > 0) yield { bytes: restLength > MAX_LINE ? undefined : Buffer.concat(rest), ended: false };
}
