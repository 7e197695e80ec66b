/**
 * Code points that no pattern of a set tells apart share one symbol. A set of patterns mentions a few dozen characters; its
 * transition tables need a column for each of those, not for 1,114,112.
 */
import type { Token } from './pattern-tokens.ts';

export interface Alphabet {
  /** The number of symbols; they count from 0. */
  readonly size: number;
  symbolOf(codePoint: number): number;
  /** One of the code points that the symbol stands for. */
  example(symbol: number): number;
}

const ASCII = 128;

/** Cuts the code points into intervals at every place where some token begins or stops to match. */
export function makeAlphabet(tokens: Iterable<Token>): Alphabet {
  const cuts = new Set([0]);
  for (const token of tokens) {
    if (token === '*') continue;
    const ranges = typeof token === 'number' ? [[token, token] as const] : token.ranges;
    for (const [low, high] of ranges) cuts.add(low).add(high + 1);
  }
  const starts = [...cuts].sort((a, b) => a - b);
  const ascii = Uint16Array.from({ length: ASCII }, (_, codePoint) => intervalOf(starts, codePoint));
  return {
    size: starts.length,
    symbolOf: (codePoint) => ascii[codePoint] ?? intervalOf(starts, codePoint),
    example: (symbol) => starts[symbol] ?? 0,
  };
}

/** Index of the last start that is not above the code point, by bisection. */
function intervalOf(starts: readonly number[], codePoint: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= codePoint) low = middle;
    else high = middle;
  }
  return low;
}
