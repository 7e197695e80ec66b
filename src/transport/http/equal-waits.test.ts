import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEqualWaits, type Wait } from './equal-waits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('is over for each when its own time has come, in the order in which they began', () => {
  const over: string[] = [];
  const waits = createEqualWaits<string>(1000, (one) => over.push(one));
  waits.begin('a');
  vi.advanceTimersByTime(400);
  waits.begin('b');
  vi.advanceTimersByTime(599);
  expect(over).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(over).toEqual(['a']);
  vi.advanceTimersByTime(400);
  expect(over).toEqual(['a', 'b']);
  waits.begin('c');
  vi.advanceTimersByTime(1000);
  expect(over).toEqual(['a', 'b', 'c']);
});

it('takes waits that are ended twice, late, or while others are told of', () => {
  const over: string[] = [];
  const waits = createEqualWaits<string>(1000, (one) => {
    over.push(one);
    if (one === 'a') waits.end(second);
  });
  const first = waits.begin('a');
  const second = waits.begin('b');
  waits.begin('c');
  vi.advanceTimersByTime(1000);
  waits.end(first);
  waits.end(second);
  waits.end(second);
  expect(over).toEqual(['a', 'c']);
});

it('is set no timer for each: where all ended, the one that is left tells of nothing', () => {
  const over = vi.fn();
  const waits = createEqualWaits<number>(1000, over);
  for (let one = 0; one < 100; one++) waits.end(waits.begin(one));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
  expect(over).not.toHaveBeenCalled();
});

it('property: tells of those that were not ended in time, of each once and when it is due', () => {
  const step = fc.record({ pause: fc.integer({ min: 0, max: 400 }), lastsMs: fc.integer({ min: 1, max: 2000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const told = new Map<number, number>();
      const due = new Map<number, number>();
      const waits = createEqualWaits<number>(1000, (one) => told.set(one, (told.get(one) ?? 0) + performance.now()));
      for (const [at, { pause, lastsMs }] of steps.entries()) {
        vi.advanceTimersByTime(pause);
        const wait: Wait<number> = waits.begin(at);
        // At the same millisecond either may come first.
        if (lastsMs > 1000) due.set(at, performance.now() + 1000);
        else if (lastsMs < 1000) setTimeout(() => waits.end(wait), lastsMs);
        else waits.end(wait);
      }
      vi.advanceTimersByTime(5000);
      expect(told).toEqual(due);
    }),
  );
});
