/** What holds of limits when the store is in trouble (docs/scaling.md, What holds when the store fails). Long: it waits for time-outs. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import type { SharedStore } from '../store/shared-store.ts';
import { HAS_REDIS, openProxy, openTestStore, startRedis, type TestRedis } from '../store/testing.ts';
import { limitedRules } from './limited-rules.ts';
import { StoreLimiter } from './store-limiter.ts';

const LIMIT = 12;
const RULES = limitedRules({ callsPerMinute: LIMIT }, undefined);

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function redis(): Promise<TestRedis> {
  const started = await startRedis();
  ends.push(() => started.stop());
  return started;
}

async function proxyOf(server: TestRedis) {
  const proxy = await openProxy(server);
  ends.push(() => proxy.stop());
  return proxy;
}

interface Replica {
  readonly store: SharedStore;
  /** Makes so many calls one after the other. @returns how many were let through */
  calls(count: number): Promise<number>;
}

async function replicas(...urls: string[]): Promise<readonly Replica[]> {
  const all = await Promise.all(
    urls.map(async (url) => {
      const store = await openTestStore(url);
      ends.push(() => store.close());
      const limiter = new StoreLimiter(store);
      return {
        store,
        async calls(count: number) {
          let admitted = 0;
          for (let n = 0; n < count; n++) {
            try {
              await limiter.admit(RULES, { principal: 'ci', agent: 'dev' }, () => 0);
              admitted++;
            } catch (error) {
              if (!(error instanceof GatewayError) || error.code !== 'RATE_LIMITED') throw error;
            }
          }
          return admitted;
        },
      };
    }),
  );
  await vi.waitFor(() => expect(all.every(({ store }) => store.replicas === urls.length)).toBe(true));
  return all;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);
const isUp = (all: readonly Replica[]): boolean => all.every(({ store }) => store.isUp);

describe.runIf(HAS_REDIS && process.env['LONG'] === '1')('a store', () => {
  test('that is slow by 200 ms makes calls slower, and stays exact', async () => {
    const proxy = await proxyOf(await redis());
    const all = await replicas(proxy.url, proxy.url);
    proxy.delayMs = 200;
    const at = performance.now();
    expect(sum(await Promise.all(all.map((one) => one.calls(LIMIT))))).toBe(LIMIT);
    expect(performance.now() - at).toBeGreaterThan(LIMIT * 200);
    expect(isUp(all)).toBe(true);
  });

  test('that is frozen costs each replica a second, and then its share', async () => {
    const server = await redis();
    const all = await replicas(server.url, server.url, server.url);
    server.child.kill('SIGSTOP');
    const at = performance.now();
    expect(sum(await Promise.all(all.map((one) => one.calls(LIMIT))))).toBe(LIMIT);
    expect(performance.now() - at).toBeLessThan(2_500);
    server.child.kill('SIGCONT');
    await vi.waitFor(() => expect(isUp(all)).toBe(true), 5_000);
    // What was let through without it is charged, besides what it still took of the calls of that second.
    await vi.waitFor(async () => expect(sum(await Promise.all(all.map((one) => one.calls(1))))).toBe(0));
  });

  test('that is full counts as away, until there is room', async () => {
    const server = await redis();
    const all = await replicas(server.url, server.url);
    const cli = (...args: string[]): void =>
      void spawnSync('redis-cli', ['-p', String(server.port), 'config', 'set', ...args]);
    cli('maxmemory', '1');
    expect(sum(await Promise.all(all.map((one) => one.calls(LIMIT))))).toBe(LIMIT);
    expect(isUp(all)).toBe(false);
    cli('maxmemory', '0');
    await vi.waitFor(() => expect(isUp(all)).toBe(true), 5_000);
    await vi.waitFor(async () => expect(sum(await Promise.all(all.map((one) => one.calls(1))))).toBe(0));
  });

  test('from which one replica is cut off: together they let through at most one share more', async () => {
    const server = await redis();
    const proxy = await proxyOf(server);
    const all = await replicas(server.url, server.url, proxy.url);
    const [one, two, cut] = all as [Replica, Replica, Replica];
    proxy.setOpen(false);
    await vi.waitFor(() => expect(cut.store.isUp).toBe(false));
    expect(await cut.calls(LIMIT)).toBe(LIMIT / 3);
    expect(sum(await Promise.all([one.calls(LIMIT), two.calls(LIMIT)]))).toBe(LIMIT);
    proxy.setOpen(true);
    await vi.waitFor(() => expect(isUp(all)).toBe(true), 5_000);
    await vi.waitFor(() => expect(all.every(({ store }) => store.replicas === 3)).toBe(true));
    expect(sum(await Promise.all(all.map((each) => each.calls(2))))).toBe(0);
  });

  test('that failed over with lost writes lets through at most one limit more', async () => {
    const server = await redis();
    const all = await replicas(server.url, server.url);
    expect(sum(await Promise.all(all.map((one) => one.calls(LIMIT))))).toBe(LIMIT);
    spawnSync('redis-cli', ['-p', String(server.port), 'flushall']);
    expect(sum(await Promise.all(all.map((one) => one.calls(LIMIT))))).toBe(LIMIT);
    await vi.waitFor(() => expect(all.every(({ store }) => store.replicas === 2)).toBe(true));
  });
});
