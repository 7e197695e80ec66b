/** Where a text is cut: after a paragraph, a line, a sentence or a word, never inside a character. */
import { estimateTokens } from '../../catalog/tokens.ts';

/** Boundaries in the order of preference; the first that lies in the last part of the piece is taken. */
const BOUNDARIES = ['\n\n', '\n', '. ', ', ', ' '] as const;
/** A boundary before this share of the piece would waste too much. */
const EARLIEST = 0.6;

/**
 * The end of the piece of `text` from `from` on that costs at most `maxTokens`.
 * @returns an offset; at least one character further, so that reading on always ends.
 */
export function cutAt(text: string, from: number, maxTokens: number): number {
  if (from >= text.length) return text.length;
  const longest = longestFit(text, from, maxTokens);
  if (longest >= text.length) return text.length;
  const fits = (end: number): boolean =>
    !isHighSurrogate(text.charCodeAt(end - 1)) && estimateTokens(text.slice(from, end)) <= maxTokens;
  for (const boundary of BOUNDARIES) {
    const at = text.lastIndexOf(boundary, longest - boundary.length);
    if (at >= from + (longest - from) * EARLIEST && fits(at + boundary.length)) return at + boundary.length;
  }
  // A space costs more at the end than before a word, so a shorter piece may not fit where a longer one does.
  for (let end = longest; end > from; end--) if (fits(end)) return end;
  return from + (isHighSurrogate(text.charCodeAt(from)) ? 2 : 1);
}

/** An offset that still fits, as far as halving finds one: the estimate nearly always grows with the text. */
function longestFit(text: string, from: number, maxTokens: number): number {
  // A token is rarely longer than this; what lies beyond need not be counted.
  const farthest = Math.min(text.length, from + maxTokens * 16);
  if (farthest === text.length && estimateTokens(text.slice(from)) <= maxTokens) return text.length;
  let low = from + 1;
  let high = farthest;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (estimateTokens(text.slice(from, middle)) <= maxTokens) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
