import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSharedTimer } from './shared-timer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('rings at the earliest time that was asked for, and then when it is told to', () => {
  const rings: number[] = [];
  const next = [performance.now() + 300, Number.POSITIVE_INFINITY];
  const since = performance.now();
  const alarm = createSharedTimer(() => {
    rings.push(performance.now() - since);
    return next.shift() ?? 0;
  });
  for (const ms of [500, 100, 900]) alarm.at(since + ms);
  vi.advanceTimersByTime(2000);
  // And a turn of the event loop, which takes a millisecond here.
  expect(rings).toEqual([101, 301]);
});

it('holds nothing once it is stopped', () => {
  const ring = vi.fn(() => Number.POSITIVE_INFINITY);
  const alarm = createSharedTimer(ring);
  alarm.at(performance.now() + 60_000);
  alarm.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('lets what has arrived be read first where it comes late, as after a suspended process', () => {
  const rings: number[] = [];
  const since = performance.now();
  const alarm = createSharedTimer(() => {
    rings.push(performance.now() - since);
    return Number.POSITIVE_INFINITY;
  });
  alarm.at(since + 100);
  const clock = vi.spyOn(performance, 'now');
  clock.mockReturnValue(since + 60_000);
  vi.advanceTimersByTime(100);
  clock.mockRestore();
  vi.advanceTimersByTime(999);
  expect(rings).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(rings).toHaveLength(1);
});
