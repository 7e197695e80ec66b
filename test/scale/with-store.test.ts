/** Three replicas behind a real nginx that share a real Redis: limits, and what holds while the store is away. Long: SCALE_SECONDS each. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { HAS_REDIS, startRedis } from '../../src/store/testing.ts';
import { isLong, lost, pause, SECONDS, summary, tell, timesMade } from './figures.ts';
import { hasNginx, startNginx } from './nginx-front.ts';
import { Replicas } from './replica-set.ts';
import { ANYBODY, type Made, SteadyLoad } from './steady-load.ts';

const LIMIT = 100;
const MINUTE_MS = 60_000;
/** Milliseconds that the server takes for each call. */
const CALL_MS = 5;
const OUTAGE_MS = 30_000;
const LIMIT_MS = SECONDS * 2000 + 300_000;
const CALLERS = [ANYBODY];
const env = { GATEWAY_STATE_KEY: randomBytes(32).toString('base64') };

if (isLong && !HAS_REDIS) process.stderr.write('The tests of a store are left out here: there is no redis-server.\n');

const good = (made: readonly Made[]): number => made.filter(({ how }) => how === 'ok').length;
/** The calls that a full bucket lets through in so many milliseconds. */
const mostIn = (ms: number): number => LIMIT + (LIMIT * ms) / MINUTE_MS;
const isOver = ({ how }: Made): boolean => how !== 'ok' && !how.includes('RATE_LIMITED');

async function startLimited() {
  const redis = await startRedis();
  const setup = { count: 3, env: { ...env, GATEWAY_STORE: redis.url }, limits: { calls_per_minute: LIMIT } };
  const replicas = await Replicas.start(setup);
  const nginx = await startNginx(replicas.ports);
  return { redis, replicas, nginx, load: new SteadyLoad(nginx.url) };
}

describe.skipIf(!isLong || !hasNginx || !HAS_REDIS)('three replicas with a store', () => {
  it(
    `a limit of ${LIMIT} a minute is one limit, also while replicas die`,
    async () => {
      const { redis, replicas, nginx, load } = await startLimited();
      const since = performance.now();
      const killing = pause(SECONDS * 500).then(() => replicas.kill(0, 1000));
      await load.run(CALLERS, 20, CALL_MS, Promise.all([killing, pause(SECONDS * 1000)]));
      const took = performance.now() - since;
      const over = load.made.splice(0);
      // Below it: what comes in is less than what is given back.
      await load.run(CALLERS, (LIMIT * 0.9) / 60, CALL_MS, pause(SECONDS * 1000));
      const below = load.made.splice(0);
      tell('limit, over', { admitted: good(over), most: mostIn(took), ...summary(over) });
      tell('limit, below', summary(below));
      load.close();
      await nginx.stop();
      const times = timesMade(replicas);
      await replicas.stop();
      await redis.stop();
      expect(good(over)).toBeLessThanOrEqual(mostIn(took));
      expect(good(over)).toBeGreaterThanOrEqual(0.98 * mostIn(took) - 1);
      expect(lost(over, replicas).filter(isOver)).toEqual([]);
      expect(below.filter(({ how }) => how !== 'ok').length).toBeLessThanOrEqual(0.02 * below.length);
      expect([...times].filter(([, count]) => count > 1)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'while the store is away for half a minute, calls go on, and a limit is not lifted beyond its share',
    async () => {
      const { redis, replicas, nginx, load } = await startLimited();
      const since = performance.now();
      await load.run(CALLERS, 20, CALL_MS, pause(20_000));
      const before = load.made.splice(0);
      let again = redis;
      const away = redis.stop().then(() => pause(OUTAGE_MS));
      await load.run(CALLERS, 20, CALL_MS, away);
      const during = load.made.splice(0);
      again = await startRedis({ port: redis.port });
      await load.run(CALLERS, 20, CALL_MS, pause(20_000));
      const after = load.made.splice(0);
      const took = performance.now() - since;
      const admitted = good(before) + good(during) + good(after);
      tell('store away, limited', {
        ...{ before: summary(before), during: summary(during), after: summary(after) },
        ...{ admitted, most: mostIn(took) },
      });
      load.close();
      await nginx.stop();
      await replicas.stop();
      await again.stop();
      expect([...before, ...during, ...after].filter(isOver)).toEqual([]);
      expect(good(during)).toBeGreaterThan(0);
      expect(good(during)).toBeLessThanOrEqual(mostIn(OUTAGE_MS) - LIMIT + 3);
      // The store came back empty: at most one more limit.
      expect(admitted).toBeLessThanOrEqual(mostIn(took) + LIMIT);
    },
    LIMIT_MS,
  );

  it(
    'calls without a limit notice nothing of a store that is away',
    async () => {
      const redis = await startRedis();
      const replicas = await Replicas.start({ count: 3, env: { ...env, GATEWAY_STORE: redis.url } });
      const nginx = await startNginx(replicas.ports);
      const load = new SteadyLoad(nginx.url);
      await load.run(CALLERS, 200, CALL_MS, pause(5_000));
      const away = redis.stop().then(() => pause(OUTAGE_MS));
      await load.run(CALLERS, 200, CALL_MS, away);
      tell('store away, without limits', summary(load.made));
      load.close();
      await nginx.stop();
      await replicas.stop();
      expect(load.made.filter(({ how }) => how !== 'ok')).toEqual([]);
    },
    LIMIT_MS,
  );
});
