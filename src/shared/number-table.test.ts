import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberTable } from './number-table.ts';

it('holds what a map would, also what stays while thousands come and go', () => {
  const steps = fc.array(fc.oneof(fc.constant('add'), fc.constant('many'), fc.nat(2000)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const table = new NumberTable<string>();
      const map = new Map<number, string>();
      let newest = 0;
      const add = (): void => {
        table.add(++newest, `value ${newest}`);
        map.set(newest, `value ${newest}`);
      };
      for (const step of all) {
        if (step === 'add') add();
        else if (step === 'many') for (let count = 0; count < 100; count++) add();
        else expect(table.delete(step)).toBe(map.delete(step));
        expect(table.size).toBe(map.size);
        expect(table.get(newest)).toBe(map.get(newest));
      }
      expect(table.values()).toEqual([...map.values()]);
      for (let key = 0; key <= newest + 1; key++) expect(table.get(key)).toBe(map.get(key));
    }),
  );
});
