import { expect, it, vi } from 'vitest';
import { Canceller, type CancelSignal, follow } from './cancel.ts';

it.each([
  ['ours', (): { signal: CancelSignal; abort(reason?: unknown): void } => new Canceller()],
  ['the platform’s', () => new AbortController()],
])('a signal tells each listener once, and none that was removed (%s)', (_name, create) => {
  const controller = create();
  const [first, second, removed, late] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
  for (const listener of [removed, first, second]) {
    controller.signal.addEventListener('abort', listener, { once: true });
  }
  controller.signal.removeEventListener('abort', removed);
  expect(controller.signal.aborted).toBe(false);
  controller.abort('why');
  controller.abort('again');
  controller.signal.addEventListener('abort', late, { once: true });
  expect(controller.signal.aborted).toBe(true);
  expect(controller.signal.reason).toBe('why');
  expect([first, second, removed, late].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0, 0]);
});

it('a signal that is aborted without a reason has one', () => {
  const canceller = new Canceller();
  canceller.abort();
  expect(canceller.reason).toMatchObject({ name: 'AbortError' });
});

it('a listener may remove another while both are told', () => {
  const canceller = new Canceller();
  const other = vi.fn();
  canceller.addEventListener('abort', () => canceller.removeEventListener('abort', other));
  canceller.addEventListener('abort', other);
  canceller.abort();
  expect(other).toHaveBeenCalledTimes(1);
});

it('one follows another until it is let go', () => {
  const [leader, follower, free, late] = [new Canceller(), new Canceller(), new Canceller(), new Canceller()];
  follow(follower, leader);
  follow(free, leader)();
  leader.abort('why');
  follow(late, leader);
  expect([follower, late].map(({ reason }) => reason)).toEqual(['why', 'why']);
  expect(free.aborted).toBe(false);
});
