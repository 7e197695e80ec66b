import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type Kept } from './byte-budget.ts';

describe('a budget of bytes', () => {
  it('gives up the oldest of an owner for the newest, what is spared first', () => {
    const budget = new ByteBudget({ maxPerOwner: 100, maxTotal: 1000 });
    const me = budget.of('me');
    const dropped: string[] = [];
    const keep = (name: string, bytes: number): Kept | undefined => me.keep(bytes, () => dropped.push(name));
    const [a, , c] = ['a', 'b', 'c'].map((name) => keep(name, 30));
    a?.use();
    c?.spare();
    keep('d', 30);
    expect(dropped).toEqual(['c']);
    keep('e', 30);
    expect(dropped).toEqual(['c', 'b']);
    a?.release();
    keep('f', 30);
    expect(dropped).toEqual(['c', 'b']);
    expect(keep('too much', 101)).toBeUndefined();
  });

  it('refuses what cannot be given up beyond the limit, and knows what came back', () => {
    const budget = new ByteBudget({ maxPerOwner: 100, maxTotal: 1000 });
    const me = budget.of('me');
    const back = me.hold(60);
    expect(me.hold(60)).toBeUndefined();
    expect(budget.of('you').hold(60)).toBeDefined();
    back?.();
    back?.();
    expect(me.hold(100)).toBeDefined();
    expect(budget.used).toBe(160);
  });

  it('takes from whoever has most, and leaves room for the modest', () => {
    const budget = new ByteBudget({ maxPerOwner: 600, maxTotal: 1000 });
    const dropped: string[] = [];
    const keep = (owner: string, bytes: number): unknown =>
      budget.of(owner).keep(bytes, () => dropped.push(`${owner} ${bytes}`));
    expect(budget.of('holder').hold(400)).toBeDefined();
    keep('greedy', 300);
    expect(budget.of('modest').hold(50)).toBeDefined();
    // Those who have much may not use the last quarter.
    expect(budget.of('holder').hold(190)).toBeDefined();
    expect(dropped).toEqual(['greedy 300']);
    expect(budget.of('other').hold(200)).toBeUndefined();
    expect(budget.of('other').hold(70)).toBeDefined();
  });

  it('adds up, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('hold', 'keep', 'release', 'use', 'spare'),
      owner: fc.constantFrom('a', 'b', 'c'),
      bytes: fc.nat(60),
      at: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new ByteBudget({ maxPerOwner: 100, maxTotal: 150 });
        const live = new Map<object, number>();
        const held: { release: () => void; kept?: Kept | undefined; key: object }[] = [];
        for (const { what, owner, bytes, at } of steps) {
          const key = {};
          const of = budget.of(owner);
          if (what === 'hold') {
            const back = of.hold(bytes);
            if (back !== undefined) {
              live.set(key, bytes);
              held.push({ key, release: back });
            }
          } else if (what === 'keep') {
            const kept = of.keep(bytes, () => live.delete(key));
            if (kept !== undefined) {
              live.set(key, bytes);
              held.push({ key, kept, release: kept.release });
            }
          } else {
            const one = held[at % Math.max(1, held.length)];
            if (what === 'use') one?.kept?.use();
            else if (what === 'spare') one?.kept?.spare();
            else if (one !== undefined) {
              one.release();
              live.delete(one.key);
            }
          }
          expect(budget.used).toBe([...live.values()].reduce((sum, size) => sum + size, 0));
          expect(budget.used).toBeLessThanOrEqual(150);
        }
      }),
    );
  });
});
