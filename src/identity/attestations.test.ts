import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { attestationLine, createAttestations, GOOD_MS } from './attestations.ts';

const KEY = randomBytes(32);

function at(start = 1_000_000) {
  const clock = { now: start };
  const store = createAttestations(
    KEY,
    () => clock.now,
    () => clock.now,
  );
  const line = (id: string, agent?: string, key = KEY, time = clock.now) => attestationLine(key, id, agent, time);
  return { clock, store, line };
}

it('is good once', () => {
  const { store, line } = at();
  expect(store.accept(line('toolu_1', 'researcher'))).toBe(true);
  expect(store.take('toolu_1')).toEqual({ agent: 'researcher' });
  expect(store.take('toolu_1')).toBeUndefined();
});

it('the main conversation is attested as nobody in particular', () => {
  const { store, line } = at();
  store.accept(line('toolu_1'));
  expect(store.take('toolu_1')).toEqual({ agent: undefined });
});

it('a replay is refused, before and after it was used, and spoils what is not used yet', () => {
  const { clock, store, line } = at();
  const said = line('toolu_1', 'researcher');
  expect(store.accept(said)).toBe(true);
  expect(store.accept(said)).toBe(false);
  expect(store.take('toolu_1')).toBeUndefined();
  const other = line('toolu_2', 'researcher');
  store.accept(other);
  store.take('toolu_2');
  for (let step = 0; step < 20; step++) {
    clock.now += GOOD_MS / 5;
    expect(store.accept(other)).toBe(false);
    expect(store.take('toolu_2')).toBeUndefined();
  }
});

it('two agents for one tool use: neither counts', () => {
  const { store, line } = at();
  store.accept(line('toolu_1', 'researcher'));
  expect(store.accept(line('toolu_1', 'admin'))).toBe(false);
  expect(store.take('toolu_1')).toBeUndefined();
});

it('is good for 30 seconds', () => {
  const { clock, store, line } = at();
  store.accept(line('toolu_1', 'a'));
  store.accept(line('toolu_2', 'a'));
  clock.now += GOOD_MS - 1;
  expect(store.take('toolu_1')).toEqual({ agent: 'a' });
  clock.now += 1;
  expect(store.take('toolu_2')).toBeUndefined();
  expect(store.accept(line('toolu_3', 'a', KEY, clock.now - GOOD_MS - 1))).toBe(false);
  expect(store.accept(line('toolu_3', 'a', KEY, clock.now + GOOD_MS + 1))).toBe(false);
});

it('what another key signed, or was changed, or is no attestation, is refused', () => {
  const { store, line } = at();
  const good = line('toolu_1', 'researcher');
  const forged = [
    line('toolu_1', 'admin', randomBytes(32)),
    good.replace('researcher', 'admin'),
    good.replace('toolu_1', 'toolu_2'),
    good.replace(/"time":\d+/, '"time":1000001'),
    good.replace(/"mac":"[^"]*"/, '"mac":""'),
    good.replace(/,"mac":"[^"]*"/, ''),
    line('', 'a'),
    line('x'.repeat(257), 'a'),
    line('toolu_1', ''),
    '',
    'null',
    '[]',
    '{}',
    '{',
  ];
  for (const text of forged) expect(store.accept(text), text).toBe(false);
  expect(store.take('toolu_1')).toBeUndefined();
  expect(store.accept(good)).toBe(true);
});
