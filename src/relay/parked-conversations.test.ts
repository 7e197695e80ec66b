import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import type { Conversation } from './conversation.ts';
import { type Claim, createParkedConversations, PREFIX } from './parked-conversations.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A conversation that keeps why it was ended. */
function conversation(): Conversation & { readonly ended: unknown[] } {
  const ended: unknown[] = [];
  return {
    ended,
    turn: () => new Promise(() => {}),
    answer: () => {},
    abort: (reason) => void ended.push(reason),
    attach: () => {},
    whenOver: () => {},
  };
}

const mine: Claim = {
  ownerAndAgent: 'me',
  call: 'call',
  owner: 'me',
  bytes: 100,
  permitted: () => true,
  signal: new Canceller(),
};
const TEN_MINUTES = 600_000;

it('a call is taken once, by its owner, for the same call, with the handle as it was given', () => {
  const parking = createParkedConversations();
  const parked = conversation();
  const handle = parking.park(parked, mine);
  expect(parking.isHandle(handle)).toBe(true);
  expect(parking.isHandle('a state of a server')).toBe(false);
  const forged = handle.slice(0, -2) + (handle.at(-2) === 'A' ? 'B' : 'A') + handle.slice(-1);
  for (const [given, owner, call] of [
    [handle, 'somebody else', 'call'],
    [handle, 'me', 'another call'],
    [forged, 'me', 'call'],
    [PREFIX, 'me', 'call'],
  ] as const) {
    expect(parking.take(given, owner, call)).toBeUndefined();
  }
  expect(createParkedConversations().take(handle, 'me', 'call')).toBeUndefined();
  expect(parking.take(handle, 'me', 'call')).toBe(parked);
  expect(parking.take(handle, 'me', 'call')).toBeUndefined();
  vi.advanceTimersByTime(TEN_MINUTES);
  expect(parked.ended).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a gateway with the same key knows that a call waits in another one, and says so to its owner alone', () => {
  const [old, key] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const parking = createParkedConversations({ keys: [old], tag: 'w1.' });
  const parked = conversation();
  const handle = parking.park(parked, mine);
  const other = createParkedConversations({ keys: [key, old] });
  expect(other.take(handle, 'me', 'call')).toBe('elsewhere');
  expect(other.take(handle, 'somebody else', 'call')).toBeUndefined();
  expect(createParkedConversations({ keys: [key] }).take(handle, 'me', 'call')).toBeUndefined();
  expect(parking.take(handle, 'me', 'call')).toBe(parked);
  expect(parking.take(handle, 'me', 'call')).toBeUndefined();
});

it('a call that nobody comes back for is cancelled at its expiry', () => {
  const parking = createParkedConversations();
  const parked = conversation();
  const handle = parking.park(parked, mine);
  vi.advanceTimersByTime(TEN_MINUTES - 1);
  expect(parked.ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(parked.ended).toMatchObject([{ code: 'CANCELLED' }]);
  expect(parking.take(handle, 'me', 'call')).toBeUndefined();
  expect(parking.size).toBe(0);
});

it('calls over the bounds are refused and ended: 100 of one owner, 1,000 in all', () => {
  const parking = createParkedConversations();
  const fill = (owner: string): void => {
    for (let count = 0; count < 100; count++) parking.park(conversation(), { ...mine, ownerAndAgent: owner });
  };
  const refused = (owner: string): void => {
    const late = conversation();
    expect(() => parking.park(late, { ...mine, ownerAndAgent: owner })).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED' }),
    );
    expect(late.ended).toMatchObject([{ code: 'RATE_LIMITED' }]);
  };
  fill('0');
  refused('0');
  for (let owner = 1; owner < 10; owner++) fill(String(owner));
  refused('another');
  expect(parking.size).toBe(1_000);
});

it('a worker has its part of the bounds', () => {
  const parking = createParkedConversations({ tag: 'w1.', share: 0.25 });
  for (let count = 0; count < 25; count++) {
    expect(parking.park(conversation(), mine)).toMatch(/^amgp1\.w1\./);
  }
  expect(() => parking.park(conversation(), mine)).toThrow(/Too many calls wait/);
});

it('what a reload no longer permits is ended, and all at the end', () => {
  const parking = createParkedConversations();
  let isPermitted = true;
  const [denied, kept] = [conversation(), conversation()];
  const handle = parking.park(denied, { ...mine, call: 'denied', permitted: () => isPermitted });
  parking.park(kept, { ...mine, call: 'kept' });
  parking.review();
  expect(denied.ended).toEqual([]);
  isPermitted = false;
  parking.review();
  expect(denied.ended).toMatchObject([{ code: 'CANCELLED' }]);
  expect(parking.take(handle, 'me', 'denied')).toBeUndefined();
  expect(kept.ended).toEqual([]);
  parking.clear();
  expect(kept.ended).toHaveLength(1);
});
