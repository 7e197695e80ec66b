import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Snapshot } from '../../config/snapshot.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { Canceller } from '../../shared/cancel.ts';
import { createCredentialExpiry } from './credential-expiry.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Known until it is revoked. */
function connection(expiresAt: number): Connection & { revoked: boolean } {
  const made = { revoked: false, expiresAt: () => expiresAt, isKnown: () => !made.revoked };
  return made as unknown as Connection & { revoked: boolean };
}

function open(lapsed: (isOver: (one: Connection) => boolean) => number = () => Number.POSITIVE_INFINITY) {
  return createCredentialExpiry({ snapshot: () => ({}) as Snapshot, lapsed, today: Date.now });
}

it('what is open ends at the moment of its credential, one after the other, and not what was closed before', () => {
  const credentialExpiry = open();
  const made = [5_000, 90_000, 1_000].map((ms) => {
    const one = new Canceller();
    credentialExpiry.add(one, connection(1_000_000 + ms));
    return one;
  });
  const closed = new Canceller();
  credentialExpiry.remove(credentialExpiry.add(closed, connection(1_004_000)));
  const over = () => made.map(({ aborted }) => aborted);
  vi.advanceTimersByTime(999);
  expect(over()).toEqual([false, false, false]);
  vi.advanceTimersByTime(1);
  expect(over()).toEqual([false, false, true]);
  vi.advanceTimersByTime(4_000);
  expect(over()).toEqual([true, false, true]);
  vi.advanceTimersByTime(84_999);
  expect(over()).toEqual([true, false, true]);
  vi.advanceTimersByTime(1);
  expect(over()).toEqual([true, true, true]);
  expect(made[0]?.reason).toMatchObject({ code: 'SESSION_ENDED' });
  expect(closed.aborted).toBe(false);
});

it('a clock that is set forward is noticed', () => {
  const credentialExpiry = open();
  const one = new Canceller();
  credentialExpiry.add(one, connection(1_000_000 + 86_400_000));
  vi.setSystemTime(1_000_000 + 86_400_001);
  vi.advanceTimersByTime(30_000);
  expect(one.aborted).toBe(true);
});

it('a reload ends what it revokes, at once', () => {
  const credentialExpiry = open();
  const [kept, gone] = [connection(Number.POSITIVE_INFINITY), connection(Number.POSITIVE_INFINITY)];
  const [one, other] = [new Canceller(), new Canceller()];
  credentialExpiry.add(one, kept);
  credentialExpiry.add(other, gone);
  gone.revoked = true;
  credentialExpiry.review();
  expect([one.aborted, other.aborted]).toEqual([false, true]);
});

it('what was announced is looked at in time, and the next of it', () => {
  const session = connection(1_060_000);
  const looks: [number, boolean][] = [];
  const credentialExpiry = open((isOver) => {
    looks.push([Date.now(), isOver(session)]);
    return isOver(session) ? Number.POSITIVE_INFINITY : session.expiresAt({} as Snapshot);
  });
  credentialExpiry.expect(connection(1_010_000));
  vi.advanceTimersByTime(200_000);
  expect(looks).toEqual([
    [1_010_000, false],
    [1_040_000, false],
    [1_060_000, true],
  ]);
  credentialExpiry.close();
});
