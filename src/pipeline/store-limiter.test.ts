import process from 'node:process';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Limits, Snapshot } from '../config/snapshot.ts';
import { GatewayError } from '../shared/errors.ts';
import { keyName, REPLICAS, type SharedStore, storeScript } from '../store/shared-store.ts';
import { HAS_REDIS, openTestStore, startRedis, type TestRedis } from '../store/testing.ts';
import { ADMIT, DONE } from './limit-scripts.ts';
import { limitedRules } from './limited-rules.ts';
import { createLimiter, type Done } from './rate-limits.ts';
import { StoreLimiter } from './store-limiter.ts';

const CI = { principal: 'ci', agent: 'dev' };
const FORGET = storeScript("redis.call('FLUSHDB')");
const EXPIRE = storeScript("return redis.call('ZADD', KEYS[1], 0, ARGV[1])");
const RUNS = process.env['LONG'] === '1' ? 1000 : 40;

let redis: TestRedis;
const stores: SharedStore[] = [];

beforeAll(async () => {
  if (HAS_REDIS) redis = await startRedis();
});
afterAll(() => redis?.stop());
beforeEach(() => {
  stores.length = 0;
});
afterEach(async () => {
  await stores[0]?.run(FORGET, [], []).catch(() => undefined);
  await Promise.all(stores.map((store) => store.close()));
});

async function replicas(count: number, snapshot: Snapshot, url = redis.url) {
  const opened = await Promise.all(Array.from({ length: count }, () => openTestStore(url)));
  stores.push(...opened);
  await vi.waitFor(() => expect(opened.map((store) => store.replicas)).toEqual(opened.map(() => count)));
  return opened.map((store) => {
    const limiter = new StoreLimiter(store);
    return {
      store,
      /** How to end the call, or the rule that refuses it. */
      async call(bytes = 0): Promise<Done | string> {
        try {
          return (await limiter.admit(snapshot, CI, () => bytes)) ?? 'free';
        } catch (error) {
          if (error instanceof GatewayError) return String(error.data?.['rule']);
          throw error;
        }
      },
    };
  });
}

function admitted(outcomes: readonly (Done | string)[]): number {
  return outcomes.filter((one) => typeof one === 'function').length;
}

describe.runIf(HAS_REDIS)('a limiter of several gateways', () => {
  test('lets through as much as one gateway would', async () => {
    const gateways = await replicas(3, limitedRules({ callsPerMinute: 30 }, { callsPerMinute: 50 }));
    const outcomes = await Promise.all(Array.from({ length: 90 }, (_, n) => gateways[n % 3]?.call() ?? ''));
    expect(admitted(outcomes)).toBe(30);
    expect(new Set(outcomes.filter((one) => typeof one === 'string'))).toEqual(
      new Set(['principals.ci.limits.calls_per_minute']),
    );
  });

  test('gives back the calls of a gateway that died', async () => {
    const [one, other] = await replicas(2, limitedRules(undefined, { concurrentCalls: 2 }));
    const first = await one?.call();
    await one?.call();
    expect(await other?.call()).toBe('agents.dev.limits.concurrent_calls');
    (first as Done)(() => 0);
    await vi.waitFor(async () => expect(admitted([(await other?.call()) ?? ''])).toBe(1));
    expect(await other?.call()).toBe('agents.dev.limits.concurrent_calls');
    // What kill -9 leaves: a name that nobody renews.
    await one?.store.close();
    await other?.store.run(EXPIRE, [REPLICAS], [one?.store.replica ?? '']);
    expect(admitted([(await other?.call()) ?? ''])).toBe(1);
    expect(await other?.call()).toBe('agents.dev.limits.concurrent_calls');
  });

  test('lets each gateway use its share while the store is away, and charges it afterwards', async () => {
    const own = await startRedis();
    const [one, other] = await replicas(
      2,
      limitedRules({ callsPerMinute: 20, concurrentCalls: 40 }, undefined),
      own.url,
    );
    await Promise.all(Array.from({ length: 10 }, () => one?.call()));
    await own.stop();
    await vi.waitFor(() => expect([one?.store.isUp, other?.store.isUp]).toEqual([false, false]));
    const outcomes: (Done | string)[] = [];
    for (let n = 0; n < 30; n++) outcomes.push((await one?.call()) ?? '', (await other?.call()) ?? '');
    // Half of the ten that were left for the one that knew of them, and half of the limit for the one that did not.
    expect(admitted(outcomes)).toBe(15);
    const again = await startRedis({ port: own.port });
    await vi.waitFor(() => expect([one?.store.isUp, other?.store.isUp]).toEqual([true, true]), 5_000);
    // The store forgot what it counted; what was let through without it is charged, and what runs is said again.
    await vi.waitFor(async () => {
      const key = keyName('limits', 'principals.ci.limits');
      expect(await one?.store.run(STATE, [key], [])).toEqual([25, '5']);
    });
    await again.stop();
  });

  test.each([
    { callsPerMinute: 7, concurrentCalls: undefined, bytesPerHour: 1000 },
    { callsPerMinute: undefined, concurrentCalls: 2, bytesPerHour: 300 },
  ])('property: the scripts decide as the limiter of one gateway does, with %j', async (ofAgent) => {
    const snapshot = limitedRules({ callsPerMinute: 5, concurrentCalls: 3 }, ofAgent);
    const [gateway] = await replicas(1, snapshot);
    const store = gateway?.store as SharedStore;
    const parties: readonly (readonly [string, Partial<Limits>])[] = [
      ['principals.ci.limits', { callsPerMinute: 5, concurrentCalls: 3 }],
      ['agents.dev.limits', ofAgent],
    ];
    const keys = parties.map(([path]) => keyName('limits', path));
    const limits = parties.flatMap(([, { callsPerMinute = -1, concurrentCalls = -1, bytesPerHour = -1 }]) => [
      callsPerMinute,
      concurrentCalls,
      bytesPerHour,
    ]);
    const step = fc.record({ ms: fc.nat(20_000), bytes: fc.nat(350), ends: fc.boolean(), result: fc.nat(200) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await store.run(FORGET, [], []);
        let now = 1_000;
        const oracle = createLimiter(() => now);
        const running: Done[] = [];
        for (const { ms, bytes, ends, result } of steps) {
          now += ms;
          const ending = ends ? running.shift() : undefined;
          if (ending !== undefined) {
            ending(() => result);
            await store.run(DONE, keys, [now, 'one', result]);
          }
          const [at, which] = (await store.run(ADMIT, [REPLICAS, ...keys], [now, 'one', bytes, ...limits])) as number[];
          let expected: string | undefined;
          try {
            const done = oracle.admit(snapshot, CI, () => bytes);
            if (done !== undefined) running.push(done);
          } catch (error) {
            expected = String((error as GatewayError).data?.['rule']);
          }
          const limit = ['concurrent_calls', 'calls_per_minute', 'bytes_per_hour'][Number(which) - 1];
          expect(at === 0 ? undefined : `${parties[Number(at) - 1]?.[0]}.${limit}`).toBe(expected);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** What runs at all gateways, and the whole calls that are left. */
const STATE = storeScript(`
local flat, running = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #flat, 2 do
  if flat[i]:sub(1, 2) == 'r:' then running = running + tonumber(flat[i + 1]) end
end
return { running, tostring(math.floor(redis.call('HGET', KEYS[1], 'c'))) }`);
