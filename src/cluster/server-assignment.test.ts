import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assign } from './server-assignment.ts';

const names = fc.uniqueArray(fc.string({ maxLength: 6 }), { maxLength: 40 });

it('property: everybody has an owner, nobody moves, and what is new goes where there is least', () => {
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 8 }), (first, then, workers) => {
      const before = assign(first, workers);
      const after = assign(then, workers, before);
      expect([...after.keys()].sort()).toEqual([...then].sort());
      for (const [name, worker] of after) {
        expect(worker).toBeLessThan(workers);
        if (before.has(name)) expect(worker).toBe(before.get(name));
      }
      const counts = Array.from(
        { length: workers },
        (_, at) => [...before.values()].filter((one) => one === at).length,
      );
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});
