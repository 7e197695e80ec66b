import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Frames, Head } from './remote-frames.ts';
import { type RemoteLease, RemoteLeases } from './remote-leases.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const sent: Head[] = [];
  const frames: Frames = { send: (head) => void sent.push(head) };
  let current: Frames | undefined = frames;
  const leases = new RemoteLeases<RemoteLease>(() => current);
  const leaseOf = (id: number, key = 'k'): RemoteLease => ({ id, key, from: frames, closed: false });
  return { sent, leases, leaseOf, replace: (next: Frames | undefined) => (current = next) };
}

it('finds a lease until its server has other connections', () => {
  const { leases, leaseOf } = setUp();
  const lease = leases.remember('a', leaseOf(1));
  leases.remember('b', leaseOf(2, 'other'));
  expect(leases.find('a')).toBe(lease);
  leases.forget('k');
  expect(leases.find('a')).toBeUndefined();
  expect(leases.find('b')).toBeDefined();
});

it('lets whoever has just got a lease use it for a moment, and gives it back then', () => {
  const { leases, leaseOf, sent } = setUp();
  const lease = leases.remember('a', leaseOf(1));
  leases.forget('k');
  expect(leases.wayOf(lease)).toBeDefined();
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(leases.wayOf(lease)).toBeUndefined();
  expect(sent).toEqual([['drop', 1]]);
});

it('sends nothing under a lease of a worker that was replaced', () => {
  const { leases, leaseOf, sent, replace } = setUp();
  const lease = leases.remember('a', leaseOf(1));
  leases.forget('k');
  replace({ send: (head) => void sent.push(head) });
  expect(leases.wayOf(lease)).toBeUndefined();
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual([]);
});

it('keeps one of two that were asked for at the same time', () => {
  const { leases, leaseOf, sent } = setUp();
  const first = leases.remember('a', leaseOf(1));
  expect(leases.remember('a', leaseOf(2))).toBe(first);
  expect(sent).toEqual([['drop', 2]]);
});

it('gives up those used longest ago when there are too many', () => {
  const { leases, leaseOf } = setUp();
  for (let id = 0; id < 2_000; id++) leases.remember(`${id}`, leaseOf(id));
  leases.find('0');
  leases.remember('new', leaseOf(2_000));
  expect(leases.find('0')).toBeDefined();
  expect(leases.find('1')).toBeUndefined();
  expect(leases.find('2')).toBeDefined();
});
