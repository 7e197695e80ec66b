import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchIdle } from './idle-timeout.ts';
import { createPooledConnection } from './pooled-connection.ts';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a connection ends when nobody used it for the time, counted from its last use', () => {
  const instance = createPooledConnection('{}', 'somebody');
  const end = vi.fn();
  watchIdle(instance, 30 * MINUTE, end);
  vi.advanceTimersByTime(20 * MINUTE);
  instance.usedAt = performance.now();
  vi.advanceTimersByTime(29 * MINUTE);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(MINUTE);
  expect(end).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('not while it works', () => {
  const instance = createPooledConnection('{}', 'somebody');
  instance.calls = 1;
  const end = vi.fn();
  watchIdle(instance, MINUTE, end);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(end).not.toHaveBeenCalled();
  instance.calls = 0;
  vi.advanceTimersByTime(MINUTE);
  expect(end).toHaveBeenCalledOnce();
});

test('a connection that was replaced or has ended is held by no timer', () => {
  const instance = createPooledConnection('{}', 'somebody');
  for (let link = 0; link < 100; link++) watchIdle(instance, 30 * MINUTE, () => undefined);
  expect(vi.getTimerCount()).toBe(1);
  instance.unwatch();
  expect(vi.getTimerCount()).toBe(0);
});
