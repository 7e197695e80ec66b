import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SharedStore, storeScript } from '../../store/shared-store.ts';
import { HAS_REDIS, openTestStore, startRedis, type TestRedis } from '../../store/testing.ts';
import { CarriedLabels, type Carrier } from './carried-labels.ts';
import type { KeptLabel } from './label-files.ts';
import { StoreLabels } from './store-labels.ts';

const KEY = randomBytes(32);
const HOUR_MS = 3_600_000;
const CARRIER: Carrier = { rules: '/rules', owner: 'alice', agent: undefined, caller: 'alice', session: undefined };
const WHAT = { server: 'mail', name: 'read' };

let redis: TestRedis;
let stores: SharedStore[] = [];
beforeEach(async () => {
  if (!HAS_REDIS) return;
  redis = await startRedis();
  stores = await Promise.all([1, 2].map(() => openTestStore(redis.url)));
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await redis?.stop();
});

const replicas = (now: () => number = Date.now) =>
  stores.map((store) => new CarriedLabels(new StoreLabels(store, [KEY]), now)) as [CarriedLabels, CarriedLabels];
const KEYS = storeScript("return redis.call('KEYS', '*')");
const VALUES = storeScript("return redis.call('HGETALL', ARGV[1])");
const SWAP = storeScript("return redis.call('HSET', ARGV[1], ARGV[2], ARGV[3])");

describe.runIf(HAS_REDIS)('labels at a store', () => {
  test('are carried at every gateway once a call may go on, and for a while', async () => {
    let now = 1_000_000;
    const [one, other] = replicas(() => now);
    await one.refresh(CARRIER);
    await one.touch(CARRIER, ['private'], WHAT);
    expect(one.touchedBy(CARRIER, 'private', HOUR_MS)).toMatchObject(WHAT);
    await other.refresh(CARRIER);
    expect(other.touchedBy(CARRIER, 'private', HOUR_MS)).toMatchObject(WHAT);
    expect(other.touchedBy(CARRIER, 'outside', HOUR_MS)).toBeUndefined();
    await other.refresh({ ...CARRIER, owner: 'bob' });
    expect(other.touchedBy({ ...CARRIER, owner: 'bob' }, 'private', HOUR_MS)).toBeUndefined();
    now += 2 * HOUR_MS;
    expect(other.touchedBy(CARRIER, 'private', HOUR_MS)).toBeUndefined();
  });

  test('count as carried while the store is away, and nothing that touches one goes on', async () => {
    const [one] = replicas();
    await one.refresh(CARRIER);
    expect(one.touchedBy(CARRIER, 'private', HOUR_MS)).toBeUndefined();
    await redis.stop();
    await one.refresh(CARRIER);
    expect(one.touchedBy(CARRIER, 'private', HOUR_MS)).toBeDefined();
    const touching = async (): Promise<void> => one.touch(CARRIER, ['private'], WHAT);
    await expect(touching()).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }));
  });

  test('are shown, and taken back for all gateways', async () => {
    const [one, other] = replicas();
    await one.refresh(CARRIER);
    await one.touch(CARRIER, ['private'], WHAT);
    const place = new StoreLabels(stores[1] as SharedStore, [KEY]);
    const [found] = await place.all();
    expect(found?.kept).toMatchObject({ caller: 'alice', label: 'private', touched: WHAT });
    await place.reset(found?.path ?? '', found?.kept as KeptLabel, Date.now());
    for (const each of [one, other]) {
      await each.refresh(CARRIER);
      expect(each.touchedBy(CARRIER, 'private', HOUR_MS)).toBeUndefined();
    }
  });

  test('say nothing to the store, and are not taken from another holder', async () => {
    const [one, other] = replicas();
    await one.refresh(CARRIER);
    await one.touch(CARRIER, ['private'], WHAT);
    const [store] = stores as [SharedStore];
    const keys = (await store.run(KEYS, [], [])) as string[];
    const place = keys.find((key) => !/replicas|holders/.test(key)) ?? '';
    const values = (await store.run(VALUES, [], [place])) as [string, string];
    expect(JSON.stringify([keys, values])).not.toMatch(/private|mail|alice/);
    const bob = { ...CARRIER, owner: 'bob' };
    await other.refresh(bob);
    await other.touch(bob, ['outside'], WHAT);
    const his = ((await store.run(KEYS, [], [])) as string[]).find((key) => !keys.includes(key)) ?? '';
    await store.run(SWAP, [], [his, ...values]);
    await other.refresh(bob);
    // What cannot be read is carried.
    expect(other.touchedBy(bob, 'private', HOUR_MS)).toMatchObject({ server: '' });
  });
});
