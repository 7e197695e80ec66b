/** Puts lines together that arrive in pieces: half a secret is not recognised as one. */
import type { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are waited for; what is longer is passed over. */
const LONGEST = 64 * 1024;

/** @returns a function that takes a piece and gives the lines that are whole by now; the last one may never be. */
export function createWholeLines(): (chunk: Buffer) => string {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isTooLong = false;
  return (chunk) => {
    const text = decoder.write(chunk);
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      isTooLong ||= rest.length + text.length > LONGEST;
      rest = isTooLong ? '' : rest + text;
      return '';
    }
    const lines = isTooLong ? text.slice(text.indexOf('\n') + 1, end) : rest + text.slice(0, end);
    rest = text.slice(end);
    isTooLong = false;
    return lines;
  };
}
