import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { createKeys, FRESH_MS, KEYS_TTL_MS, RETRY_MS, UNKNOWN_MS } from './jwks.ts';

const keys: JWK[] = [];
beforeAll(async () => {
  for (const kid of ['a', 'b', 'c']) {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' });
  }
});

/** An issuer whose keys, availability and clock the test decides. */
function issuer(...kids: string[]) {
  const state = { kids, now: 0, up: true, fetches: 0, failures: 0 };
  const find = createKeys({
    now: () => state.now,
    failed: () => state.failures++,
    async fetch() {
      state.fetches++;
      await new Promise((resolve) => setImmediate(resolve));
      if (!state.up) throw new Error('unreachable');
      return { keys: keys.filter(({ kid }) => state.kids.includes(kid ?? '')) };
    },
  });
  const header = (kid: string) => ({ alg: 'ES256', kid });
  const good = (kid: string): Promise<boolean> =>
    Promise.resolve(find(header(kid), { payload: '', signature: '' })).then(
      () => true,
      () => false,
    );
  return { state, good };
}

it('fetches once for any number of first calls', async () => {
  const { state, good } = issuer('a');
  expect(await Promise.all(Array.from({ length: 50 }, () => good('a')))).not.toContain(false);
  expect(state.fetches).toBe(1);
});

it('a rotation loses no call: 100 at once with the new key, right after the last fetch', async () => {
  const { state, good } = issuer('a');
  expect(await good('a')).toBe(true);
  state.kids = ['a', 'b'];
  state.now += 1;
  const calls = Array.from({ length: 100 }, (_, at) => good(at % 2 === 0 ? 'a' : 'b'));
  expect(await Promise.all(calls)).not.toContain(false);
  expect(state.fetches).toBe(2);
});

it('unknown key ids cause one fetch in 30 seconds, however many come', async () => {
  const { state, good } = issuer('a');
  await good('a');
  const times: number[] = [];
  for (; state.now < 300_000; state.now += 500) {
    const before = state.fetches;
    expect(await good(`unknown-${state.now}`)).toBe(false);
    if (state.fetches > before) times.push(state.now);
  }
  expect(state.fetches - 1).toBeLessThanOrEqual(10);
  for (const [at, time] of times.entries()) if (at > 0) expect(time - (times[at - 1] ?? 0)).toBe(UNKNOWN_MS);
  expect(await good('a')).toBe(true);
});

it('a first call with an unknown key id is the one fetch', async () => {
  const { state, good } = issuer('a');
  expect(await good('x')).toBe(false);
  state.now += UNKNOWN_MS - 1;
  expect(await good('y')).toBe(false);
  expect(state.fetches).toBe(1);
});

it('keeps known keys while the issuer is unreachable, until their time is over', async () => {
  const { state, good } = issuer('a');
  await good('a');
  state.up = false;
  for (; state.now < KEYS_TTL_MS; state.now += 60_000) {
    expect(await good('a'), String(state.now)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(state.failures).toBeGreaterThan(10);
  state.now = KEYS_TTL_MS;
  expect(await good('a')).toBe(false);
  state.up = true;
  expect(await good('a')).toBe(false);
  state.now += RETRY_MS;
  expect(await good('a')).toBe(true);
});

it('a withdrawn key is refused once the keys were refreshed', async () => {
  const { state, good } = issuer('a', 'b');
  expect(await good('b')).toBe(true);
  state.kids = ['a'];
  state.now = FRESH_MS;
  await good('a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(await good('a')).toBe(true);
  expect(await good('b')).toBe(false);
});

it('an answer that is no key set counts as a failure and keeps what is there', async () => {
  const bodies: unknown[] = [{ keys: [keys[0]] }, 'nonsense', { keys: 'x' }];
  const seen: unknown[] = [];
  let now = 0;
  const find = createKeys({ now: () => now, failed: (error) => seen.push(error), fetch: async () => bodies.shift() });
  const a = { alg: 'ES256', kid: 'a' };
  const token = { payload: '', signature: '' };
  await find(a, token);
  for (const at of [FRESH_MS, FRESH_MS + UNKNOWN_MS]) {
    now = at;
    await find(a, token);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(seen).toHaveLength(2);
});
