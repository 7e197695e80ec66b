import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const anybody = (): boolean => true;

describe('a fair queue', () => {
  it('lets agents take turns, each in the order in which its own entries came', () => {
    const queue = new FairQueue<string>();
    for (const entry of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(entry.charAt(0), entry);
    const order: unknown[] = [];
    while (queue.size > 0) order.push(queue.take(anybody));
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('passes over agents that may not go, and they keep their turn', () => {
    const queue = new FairQueue<string>();
    for (const entry of ['a1', 'b1', 'a2']) queue.push(entry.charAt(0), entry);
    expect(queue.take((agent) => agent === 'b')).toBe('b1');
    expect(queue.take(() => false)).toBeUndefined();
    expect([queue.take(anybody), queue.sizeOf('a'), queue.size]).toEqual(['a1', 1, 1]);
  });

  it('removes an entry once, and not one that was taken', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a1');
    queue.push('a', 'a2');
    expect([queue.remove('a', 'a1'), queue.remove('a', 'a1'), queue.remove('b', 'a2')]).toEqual([true, false, false]);
    queue.take(anybody);
    expect([queue.remove('a', 'a2'), queue.size]).toEqual([false, 0]);
  });

  it('property: gives everything back once, and no agent waits for more than one entry of each other agent', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 }), (agents) => {
        const queue = new FairQueue<number>();
        for (const [index, agent] of agents.entries()) queue.push(agent, index);
        const order: number[] = [];
        for (let entry = queue.take(anybody); entry !== undefined; entry = queue.take(anybody)) order.push(entry);
        expect(new Set(order).size).toBe(agents.length);
        for (const agent of new Set(agents)) {
          const places = order.flatMap((entry, place) => (agents[entry] === agent ? [place] : []));
          for (const [turn, place] of places.entries()) {
            const since = turn === 0 ? -1 : (places[turn - 1] ?? -1);
            const between = order.slice(since + 1, place).map((entry) => agents[entry]);
            expect(new Set(between).size).toBe(between.length);
          }
        }
      }),
    );
  });
});
