import { expect, it } from 'vitest';
import type { Connection } from '../../pipeline/caller.ts';
import { NOTHING_OFFERED } from '../../relay/offered-capabilities.ts';
import { CALL_OVER } from '../../relay/server-questions.ts';
import { GatewayError } from '../../shared/errors.ts';
import { Sessions } from './sessions.ts';

const connection = (principal: string): Connection => ({
  principal,
  subject: undefined,
  owner: principal,
  isKnown: () => true,
  mayBe: () => true,
  expiresAt: () => Number.POSITIVE_INFINITY,
  sees: () => undefined,
  resolve() {
    throw new GatewayError('INVALID_AGENT_ID', 'not asked here');
  },
});

const NEGOTIATED = { revision: '2025-11-25', offered: NOTHING_OFFERED };

function sessionsAt(clock: { now: number }, max = 100) {
  return new Sessions({ idleMs: 1_000, max, now: () => clock.now });
}

it('ids are 128 random bits', () => {
  const sessions = sessionsAt({ now: 0 });
  const ids = Array.from({ length: 50 }, () => sessions.open(connection('a'), undefined, NEGOTIATED).id);
  expect(new Set(ids).size).toBe(50);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

it('a session belongs to the principal that opened it: to anybody else it does not exist', () => {
  const sessions = sessionsAt({ now: 0 });
  const { id } = sessions.open(connection('a'), undefined, NEGOTIATED);
  expect(sessions.find(id, 'b')).toBeUndefined();
  expect(sessions.close(id, 'b')).toBe(false);
  expect(sessions.find(id, 'a')?.id).toBe(id);
});

it('ends after its idle time, counted from the last request', () => {
  const clock = { now: 0 };
  const sessions = sessionsAt(clock);
  const { id } = sessions.open(connection('a'), undefined, NEGOTIATED);
  clock.now = 900;
  expect(sessions.find(id, 'a')).toBeDefined();
  clock.now = 1_800;
  expect(sessions.find(id, 'a')).toBeDefined();
  clock.now = 2_800;
  expect(sessions.find(id, 'a')).toBeUndefined();
  expect(sessions.size).toBe(0);
});

it('does not end while a call is in flight', () => {
  const clock = { now: 0 };
  const sessions = sessionsAt(clock);
  const session = sessions.open(connection('a'), undefined, NEGOTIATED);
  session.inFlight.begin('1');
  clock.now = 5_000;
  expect(sessions.find(session.id, 'a')).toBeDefined();
});

it('ends the one that was idle longest when there are too many', () => {
  const sessions = sessionsAt({ now: 0 }, 2);
  const first = sessions.open(connection('a'), undefined, NEGOTIATED);
  const second = sessions.open(connection('a'), undefined, NEGOTIATED);
  sessions.find(first.id, 'a');
  sessions.open(connection('a'), undefined, NEGOTIATED);
  expect(sessions.find(second.id, 'a')).toBeUndefined();
  expect(sessions.find(first.id, 'a')).toBeDefined();
});

it('who opens too many sessions loses their own, and not those of others', () => {
  const sessions = sessionsAt({ now: 0 }, 10);
  const others = ['a', 'b'].map((owner) => sessions.open(connection(owner), undefined, NEGOTIATED));
  const flood = Array.from({ length: 50 }, () => sessions.open(connection('flood'), undefined, NEGOTIATED).id);
  for (const { id, connection: own } of others) expect(sessions.find(id, own.owner)?.id).toBe(id);
  expect(flood.filter((id) => sessions.find(id, 'flood') !== undefined)).toEqual(flood.slice(-8));
  expect(sessions.size).toBe(10);
});

it('cancels the calls of a session that ends', () => {
  const sessions = sessionsAt({ now: 0 });
  const session = sessions.open(connection('a'), undefined, NEGOTIATED);
  const flight = session.inFlight.begin('1');
  sessions.close(session.id, 'a');
  expect(flight?.signal.aborted).toBe(true);
});

it('a reload ends the sessions of principals that are gone', () => {
  const sessions = sessionsAt({ now: 0 });
  const kept = sessions.open(connection('a'), undefined, NEGOTIATED);
  const gone = sessions.open(connection('b'), undefined, NEGOTIATED);
  const flight = gone.inFlight.begin('1');
  sessions.retain(({ principal }) => principal === 'a');
  expect(flight?.signal.reason).toBeInstanceOf(GatewayError);
  expect(sessions.find(kept.id, 'a')).toBeDefined();
  expect(sessions.find(gone.id, 'b')).toBeUndefined();
});

it('a question is over with the session of whom it was put to', async () => {
  const sessions = sessionsAt({ now: 0 });
  const asked = sessions.open(connection('a'), undefined, NEGOTIATED);
  const answer = asked.asks.ask(() => {}, 'roots/list', '', []);
  sessions.close(asked.id, 'a');
  expect(await answer).toEqual(CALL_OVER);
  expect(await asked.asks.ask(() => {}, 'roots/list', '', [])).toEqual(CALL_OVER);
});

it('nobody waits for a client to be initialized whose session is over', async () => {
  const sessions = sessionsAt({ now: 0 });
  const session = sessions.open(connection('a'), undefined, NEGOTIATED);
  sessions.close(session.id, 'a');
  await session.ready.promise;
});

it('a session whose client keeps a stream open is in use; the limit begins when that ends', () => {
  const clock = { now: 0 };
  const sessions = sessionsAt(clock);
  const listening = sessions.open(connection('a'), undefined, NEGOTIATED);
  const idle = sessions.open(connection('a'), undefined, NEGOTIATED);
  const release = sessions.use(listening);
  const second = sessions.use(listening);
  for (let hour = 0; hour < 5; hour++) {
    clock.now += 1_500;
    sessions.open(connection('b'), undefined, NEGOTIATED);
  }
  expect(sessions.find(idle.id, 'a')).toBeUndefined();
  release();
  clock.now += 1_500;
  expect(sessions.find(listening.id, 'a')).toBeDefined();
  second();
  clock.now += 900;
  expect(sessions.find(listening.id, 'a')).toBeDefined();
  clock.now += 1_001;
  expect(sessions.find(listening.id, 'a')).toBeUndefined();
  expect(() => second()).not.toThrow();
});

it('a session is as good as the credential that it was used with last', () => {
  const sessions = sessionsAt({ now: 0 });
  const [first, renewed] = [connection('a'), connection('a')];
  const session = sessions.open(first, undefined, NEGOTIATED);
  session.credential = renewed;
  sessions.retain((each) => each !== first);
  expect(sessions.find(session.id, 'a')).toBeDefined();
  expect([...sessions.credentials()]).toEqual([renewed]);
  sessions.retain((each) => each !== renewed);
  expect(sessions.find(session.id, 'a')).toBeUndefined();
});
