import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBacklog } from './backlog.ts';

it('gives back the newest in order, at most 100 of them and 32,768 characters', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40_000), { maxLength: 250 }), (lengths) => {
      const backlog = createBacklog<number>();
      for (const [at, length] of lengths.entries()) backlog.add(at, length);
      const taken = backlog.take();
      const sum = (items: readonly number[]): number => items.reduce((total, at) => total + (lengths[at] ?? 0), 0);
      const fit = lengths.flatMap((length, at) => (length > 32_768 ? [] : [at]));
      expect(taken).toEqual(fit.slice(fit.length - taken.length));
      expect(taken.length).toBeLessThanOrEqual(100);
      expect(sum(taken)).toBeLessThanOrEqual(32_768);
      // One more would have been too many.
      const next = fit[fit.length - taken.length - 1];
      if (next !== undefined) expect(taken.length === 100 || sum([next, ...taken]) > 32_768).toBe(true);
      expect(backlog.take()).toEqual([]);
    }),
  );
});
