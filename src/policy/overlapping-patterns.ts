/** Whether two patterns have a name in common. Pure. */
import { type CharacterClass, parsePattern, type Token } from './pattern-tokens.ts';

const LAST = 0x10ffff;

/** True if some name matches both patterns. */
export function overlap(one: string, other: string): boolean {
  const left = parsePattern(one).tokens;
  const right = parsePattern(other).tokens;
  const seen = new Set<number>();
  const waiting: (readonly [number, number])[] = [[0, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [at, place] = next;
    const key = at * (right.length + 1) + place;
    if (seen.has(key)) continue;
    seen.add(key);
    if (at === left.length && place === right.length) return true;
    const a = left[at];
    const b = right[place];
    // A run of characters may be over, or takes one more of the other.
    if (a === '*') waiting.push([at + 1, place]);
    if (b === '*') waiting.push([at, place + 1]);
    if (a === undefined || b === undefined) continue;
    if (a === '*' && b !== '*') waiting.push([at, place + 1]);
    else if (b === '*' && a !== '*') waiting.push([at + 1, place]);
    else if (a !== '*' && b !== '*' && haveCommon(a, b)) waiting.push([at + 1, place + 1]);
  }
  return false;
}

function haveCommon(one: Exclude<Token, '*'>, other: Exclude<Token, '*'>): boolean {
  const theirs = rangesOf(other);
  return rangesOf(one).some(([low, high]) => theirs.some(([from, to]) => low <= to && from <= high));
}

function rangesOf(token: number | CharacterClass): (readonly [number, number])[] {
  if (typeof token === 'number') return [[token, token]];
  if (!token.negated) return [...token.ranges];
  const left: [number, number][] = [];
  let from = 0;
  for (const [low, high] of [...token.ranges].sort(([a], [b]) => a - b)) {
    if (low > from) left.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  return from > LAST ? left : [...left, [from, LAST]];
}
