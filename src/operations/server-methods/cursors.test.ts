import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageAfter } from './cursors.ts';

/** All pages, as a client walks through them. */
function walk(pages: readonly (readonly string[])[]): number[] {
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const { at, nextCursor } = pageAfter(pages, cursor);
    seen.push(at);
    cursor = nextCursor;
  } while (cursor !== undefined);
  return seen;
}

const lists = fc
  .uniqueArray(fc.string(), { maxLength: 30 })
  .chain((keys) => fc.array(fc.nat(keys.length), { maxLength: 8 }).map((cuts) => cut(keys, cuts)));

function cut(keys: readonly string[], cuts: readonly number[]): string[][] {
  const ends = [...cuts, keys.length].sort((a, b) => a - b);
  return ends.map((end, index) => keys.slice(ends[index - 1] ?? 0, end));
}

it('leads through every page once, also through those without entries', () => {
  fc.assert(
    fc.property(lists, (pages) => {
      expect(walk(pages)).toEqual(pages.map((_, at) => at));
    }),
  );
});

it('goes on from the same place after a change behind it, and refuses after one before it', () => {
  const { nextCursor } = pageAfter([['a', 'b'], ['c'], ['d']], undefined);
  expect(
    pageAfter(
      [
        ['a', 'b'],
        ['x', 'y'],
      ],
      nextCursor,
    ),
  ).toEqual({ at: 1, nextCursor: undefined });
  expect(pageAfter([['b'], ['c']], nextCursor).at).toBe(1);
  for (const changed of [[['a'], ['b', 'c']], [['a', 'b']], [['z'], ['a', 'b'], ['c']], []]) {
    expect(() => pageAfter(changed, nextCursor)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }));
  }
  for (const made of ['', 'nonsense', Buffer.from('[0,null]').toString('base64url')]) {
    expect(() => pageAfter([['a'], ['b']], made)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }));
  }
});
