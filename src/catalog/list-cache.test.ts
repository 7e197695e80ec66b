import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../shared/byte-budget.ts';
import type { UpstreamConnection } from '../upstream/contract.ts';
import { stdioServer, tenant } from '../upstream/testing.ts';
import type { Listing } from './cached-list.ts';
import { ListCache } from './list-cache.ts';

interface Numbered extends Listing {
  readonly number: number;
}

/** Lists that are numbered in the order in which they were fetched; `finish` and `fail` end the fetch that is under way. */
function lab({ ttlMs, size = 0 }: { readonly ttlMs?: number; readonly size?: number } = {}) {
  const clock = { now: 0 };
  const events: string[] = [];
  let fetches = 0;
  let pending: { resolve: (list: Numbered) => void; reject: (error: unknown) => void } | undefined;
  const cache = new ListCache<Numbered>({
    what: 'tools',
    late: new Map(),
    now: () => clock.now,
    budget: new ByteBudget({ maxPerOwner: 5000, maxTotal: 50_000 }),
    lease: () => ({}) as UpstreamConnection,
    fetch: () => {
      fetches++;
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
      });
    },
    fetched: (_server, _tenant, before, after) => events.push(`fetched ${before?.number} ${after.number}`),
    failed: (_server, error) => events.push(`failed ${(error as Error).message}`),
    arrived: () => events.push('arrived'),
  });
  /** After everything that is settled has been handled. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    cache,
    clock,
    events,
    fetches: () => fetches,
    async finish(): Promise<void> {
      await settle();
      pending?.resolve({ number: fetches, ttlMs, size });
      await settle();
    },
    async fail(message: string): Promise<void> {
      await settle();
      pending?.reject(new Error(message));
      await settle();
    },
  };
}

const server = stdioServer('unused.mjs');
const WAIT = { timeoutMs: 10_000 };

describe('the cache of lists', () => {
  it('fetches once for all who wait, and keeps the list as long as the server says', async () => {
    const { cache, clock, fetches, finish } = lab({ ttlMs: 60_000 });
    const waiting = [cache.current(server, WAIT), cache.current(server, WAIT)];
    await finish();
    expect((await Promise.all(waiting)).map(({ number }) => number)).toEqual([1, 1]);
    clock.now = 59_999;
    expect(cache.kept(server)?.number).toBe(1);
    expect(fetches()).toBe(1);
    clock.now = 60_000;
    expect(cache.kept(server)?.number).toBe(1);
    await finish();
    expect(cache.kept(server)?.number).toBe(2);
  });

  it('serves the old list while the one that was announced is fetched', async () => {
    const { cache, events, finish } = lab();
    void cache.current(server, WAIT);
    await finish();
    cache.invalidate(server);
    expect((await cache.current(server, WAIT)).number).toBe(1);
    // Changed again meanwhile: what arrives is old.
    await new Promise((resolve) => setImmediate(resolve));
    cache.invalidate(server);
    await finish();
    expect(cache.kept(server)?.number).toBe(2);
    await finish();
    expect(cache.kept(server)?.number).toBe(3);
    expect(events).toEqual(['fetched undefined 1', 'fetched 1 2', 'fetched 2 3']);
  });

  it('does not fetch anew for what is not listed more than once in five seconds', async () => {
    const { cache, clock, fetches, finish } = lab();
    void cache.current(server, WAIT);
    await finish();
    expect(await cache.again(server, WAIT)).toBeUndefined();
    cache.refresh(server);
    clock.now = 5000;
    const again = cache.again(server, WAIT);
    await finish();
    expect((await again)?.number).toBe(2);
    cache.refresh(server);
    expect(fetches()).toBe(2);
  });

  it('tells when a list arrives that somebody waited for in vain', async () => {
    const { cache, events, finish } = lab();
    await expect(cache.current(server, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(cache.isMissed(server)).toBe(true);
    await finish();
    expect(events).toEqual(['fetched undefined 1', 'arrived']);
    expect(cache.isMissed(server)).toBe(false);
  });

  it('passes a failure on, and keeps the list that it has', async () => {
    const { cache, clock, events, fail, finish } = lab();
    const first = cache.current(server, WAIT);
    const failure = expect(first).rejects.toThrow('broken pipe');
    await fail('broken pipe');
    await failure;
    void cache.current(server, WAIT);
    await finish();
    cache.invalidate(server);
    clock.now = 5000;
    expect(cache.kept(server)?.number).toBe(2);
    await fail('broken again');
    expect(cache.kept(server)?.number).toBe(2);
    expect(events).toEqual(['failed broken pipe', 'fetched undefined 2', 'arrived', 'failed broken again']);
  });

  it('has lists of their own for callers that can do other things, and forgets servers that are gone', async () => {
    const { cache, finish } = lab();
    void cache.current(server, WAIT);
    await finish();
    expect(cache.kept(server, tenant('a', { capabilities: '{}', requestCapabilities: '{}' }))?.number).toBe(1);
    expect(cache.kept(server, tenant('a', { capabilities: '{"roots":{}}' }))).toBeUndefined();
    cache.retain(new Set([server.key]));
    expect(cache.kept(server)?.number).toBe(1);
    cache.retain(new Set());
    expect(cache.kept(server)).toBeUndefined();
  });

  it('gives up a list where its memory is needed, and fetches it for whoever asks next', async () => {
    const { cache, finish } = lab({ size: 3000 });
    const other = { ...server, key: 'other' };
    for (const one of [server, other]) {
      void cache.current(one, WAIT);
      await finish();
    }
    expect(cache.kept(server)).toBeUndefined();
    expect(cache.kept(other)?.number).toBe(2);
  });
});
