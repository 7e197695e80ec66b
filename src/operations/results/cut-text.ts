/** Cuts a text: after a paragraph, a line, a sentence or a word, never inside a character. */
import { TokenCount } from '../../catalog/estimate-tokens.ts';
import { createSlices } from '../../shared/slices.ts';

/** Boundaries in the order of preference; the first that lies in the last part of the piece is taken. */
const BOUNDARIES = ['\n\n', '\n', '. ', ', ', ' '] as const;
/** A boundary before this share of the piece would waste too much. */
const EARLIEST = 0.6;

/** Characters that are counted at a time. */
const STEP = 16 * 1024;
/** A token is rarely longer than this: a piece has no more characters for each. */
const LONGEST_TOKEN = 16;

/** An offset and the tokens up to it. */
interface Place {
  readonly at: number;
  readonly count: TokenCount;
}

/**
 * The end of the piece of `text` from `from` on that costs at most `maxTokens`. Counts each character once or twice, however much
 * of them that is.
 * @returns an offset; at least one character further, so that reading on always ends.
 */
export async function cutAt(text: string, from: number, maxTokens: number): Promise<number> {
  if (from >= text.length) return text.length;
  const farthest = Math.min(text.length, from + maxTokens * LONGEST_TOKEN);
  let last: Place = { at: from, count: new TokenCount() };
  // Two steps back: what is chosen from lies behind it.
  let base = last;
  const slice = createSlices();
  for (;;) {
    const to = Math.min(last.at + STEP, farthest);
    const next = placeAt(text, last, to);
    if (next.count.total > maxTokens) {
      return chooseEnd(text, from, maxTokens, base, longestFit(text, last, to, maxTokens));
    }
    if (to === text.length) return to;
    if (to === farthest) return chooseEnd(text, from, maxTokens, base, to);
    base = last;
    last = next;
    await slice();
  }
}

/** @param longest offset up to which the text fits. */
function chooseEnd(text: string, from: number, maxTokens: number, base: Place, longest: number): number {
  const fits = (end: number): boolean =>
    !isHighSurrogate(text.charCodeAt(end - 1)) && placeAt(text, base, end).count.total <= maxTokens;
  const earliest = Math.max(base.at + 1, from + (longest - from) * EARLIEST);
  for (const boundary of BOUNDARIES) {
    const at = text.lastIndexOf(boundary, longest - boundary.length);
    if (at >= earliest - 1 && fits(at + boundary.length)) return at + boundary.length;
  }
  // A space costs more at the end than before a word, so a shorter piece may not fit where a longer one does.
  for (let end = longest; end > base.at; end--) if (fits(end)) return end;
  return Math.max(base.at, from + (isHighSurrogate(text.charCodeAt(from)) ? 2 : 1));
}

function placeAt(text: string, from: Place, at: number): Place {
  const count = from.count.copy();
  count.read(text, from.at, at);
  return { at, count };
}

/** An offset that still fits, as far as halving finds one: the estimate nearly always grows with the text. */
function longestFit(text: string, from: Place, to: number, maxTokens: number): number {
  let low = from.at;
  let high = to;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (placeAt(text, from, middle).count.total <= maxTokens) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, from.at + 1);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
