/** Bytes of a configuration file to text, and offsets in that text to lines and columns. */
import { isUtf8 } from 'node:buffer';

/** Bytes of a configuration file at most: 4 MiB. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Lines and columns count from 1; a column is one UTF-16 code unit, as editors count. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** The text of the bytes without its byte-order mark, or the place of the first byte that is not UTF-8. */
export function decodeText(
  bytes: Uint8Array,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly place: TextPlace } {
  if (!isUtf8(bytes)) return { ok: false, place: firstInvalidByte(Buffer.from(bytes)) };
  // TextDecoder drops the byte-order mark.
  return { ok: true, text: new TextDecoder('utf-8').decode(bytes) };
}

function firstInvalidByte(bytes: Buffer): TextPlace {
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

/** Places of offsets in a text whose lines end with LF, CR LF or CR. The lines are looked for at the first question only. */
export function placesIn(text: string): (offset: number) => TextPlace {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  return starts;
}
