/** The characters of a JSON string, however long it is. */
import { inTurns, STEP } from '../shared/large-text.ts';
import { BACKSLASH } from './characters.ts';

const LOWER_U = 0x75;
/** Characters of the longest escape. */
const LONGEST = 6;

/** Reads the text between two quotes, which was scanned before. Others get their turn meanwhile. */
export async function unescapedInTurns(raw: string): Promise<string> {
  if (!raw.includes('\\')) return raw;
  const pieces: string[] = [];
  let at = 0;
  await inTurns(() => {
    const end = endOutside(raw, at, Math.min(at + STEP, raw.length));
    pieces.push(JSON.parse(`"${raw.slice(at, end)}"`) as string);
    at = end;
    return at === raw.length;
  });
  return pieces.join('');
}

/** The same of its first characters, where it has many. */
export function unescapedStart(raw: string, most: number): string {
  const start = raw.length > most ? raw.slice(0, endOutside(raw, 0, most)) : raw;
  return start.includes('\\') ? (JSON.parse(`"${start}"`) as string) : start;
}

/** The last offset up to `end` that is not inside of an escape. @param from an offset that is not either */
function endOutside(raw: string, from: number, end: number): number {
  for (let at = end - 1; at > end - LONGEST && at >= from; at--) {
    if (raw.charCodeAt(at) !== BACKSLASH) continue;
    let first = at;
    while (first > from && raw.charCodeAt(first - 1) === BACKSLASH) first--;
    const isEscape = (at - first) % 2 === 0;
    const length = raw.charCodeAt(at + 1) === LOWER_U ? LONGEST : 2;
    return isEscape && at + length > end ? at : end;
  }
  return end;
}
