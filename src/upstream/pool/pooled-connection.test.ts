import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PooledConnection } from './pooled-connection.ts';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a connection ends when nobody used it for the time, counted from its last use', () => {
  const pooled = new PooledConnection('{}', 'somebody');
  const end = vi.fn();
  pooled.watchIdle(30 * MINUTE, end);
  vi.advanceTimersByTime(20 * MINUTE);
  pooled.usedAt = performance.now();
  vi.advanceTimersByTime(29 * MINUTE);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(MINUTE);
  expect(end).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('not while it works', () => {
  const pooled = new PooledConnection('{}', 'somebody');
  pooled.calls = 1;
  const end = vi.fn();
  pooled.watchIdle(MINUTE, end);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(end).not.toHaveBeenCalled();
  pooled.calls = 0;
  vi.advanceTimersByTime(MINUTE);
  expect(end).toHaveBeenCalledOnce();
});

test('a connection that was replaced or has ended is held by no timer', () => {
  const pooled = new PooledConnection('{}', 'somebody');
  for (let link = 0; link < 100; link++) pooled.watchIdle(30 * MINUTE, () => undefined);
  expect(vi.getTimerCount()).toBe(1);
  pooled.unwatchIdle();
  expect(vi.getTimerCount()).toBe(0);
});
