/** Bytes of a configuration file to text, and offsets in that text to lines and columns. */
import { isUtf8 } from 'node:buffer';

/** Bytes of a configuration file at most: 4 MiB. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Lines and columns count from 1; a column is one UTF-16 code unit, as editors count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The text of the bytes without its byte-order mark, or the place of the first byte that is not UTF-8. */
export function decodeText(
  bytes: Uint8Array,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly place: Place } {
  if (!isUtf8(bytes)) return { ok: false, place: firstInvalidByte(Buffer.from(bytes)) };
  // TextDecoder drops the byte-order mark.
  return { ok: true, text: new TextDecoder('utf-8').decode(bytes) };
}

function firstInvalidByte(bytes: Buffer): Place {
  let line = 1;
  let start = 0;
  // A line feed is never part of a longer UTF-8 sequence, so lines can be checked one by one.
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    const content = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(content)) return { line, column: invalidColumn(content) };
    if (end < 0) return { line, column: 1 };
    start = end + 1;
    line++;
  }
}

function invalidColumn(line: Buffer): number {
  let column = 1;
  let at = 0;
  for (const character of line.toString('utf8')) {
    const size = Buffer.byteLength(character);
    // The decoder writes U+FFFD where it gave up; a U+FFFD that was really in the file has its own three bytes.
    if (character === '\ufffd' && !line.subarray(at, at + 3).equals(REPLACEMENT)) return column;
    at += size;
    column += character.length;
  }
  return column;
}

const REPLACEMENT = Buffer.from('\ufffd');

/** The place of an offset in a text whose lines end with LF, CR LF or CR. */
export function placeAt(text: string, offset: number): Place {
  let line = 1;
  let start = 0;
  const breaks = /\r\n|\n|\r/g;
  for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
    if (breaks.lastIndex > offset) break;
    line++;
    start = breaks.lastIndex;
  }
  return { line, column: offset - start + 1 };
}
