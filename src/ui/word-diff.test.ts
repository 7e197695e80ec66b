import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Part, wordDiff } from './word-diff.ts';

const textOf = (parts: readonly Part[]): string => parts.map(({ text }) => text).join('');
const ownOf = (parts: readonly Part[]): string[] => parts.filter(({ isOwn }) => isOwn).map(({ text }) => text);

describe('wordDiff', () => {
  it('finds the words that only one text has', () => {
    const [before, after] = wordDiff('Adds two numbers.', 'Adds three big numbers.');
    expect(ownOf(before)).toEqual(['two']);
    expect(ownOf(after)).toEqual(['three', 'big ']);
  });

  it('gives both texts back, and nothing own where they are the same', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '"', 'é', '\u{1f600}')).map((all) => all.join(''));
    fc.assert(
      fc.property(words, words, (one, other) => {
        const [before, after] = wordDiff(one, other);
        expect([textOf(before), textOf(after)]).toEqual([one, other]);
        const rest = (parts: readonly Part[]): string => textOf(parts.filter(({ isOwn }) => !isOwn));
        expect(rest(before)).toBe(rest(after));
        expect(wordDiff(one, one).flatMap(ownOf)).toEqual([]);
      }),
    );
  });

  it('takes texts with very many differences as different altogether', () => {
    const [one, other] = [`x ${'a b '.repeat(600)}y`, `x ${'c d '.repeat(600)}y`];
    expect(wordDiff(one, other).map(ownOf)).toEqual([[one], [other]]);
  });
});
