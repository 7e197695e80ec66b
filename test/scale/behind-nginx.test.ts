/**
 * Three replicas behind a real nginx in turn: one is killed every 20 s, and then all are replaced one after the other. Long: a minute,
 * or SCALE_SECONDS.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { clientsWithSessions } from './client-session.ts';
import { hitBy, isLong, lost, pause, SECONDS, summary, tell, timesMade } from './figures.ts';
import { hasNginx, startNginx } from './nginx-front.ts';
import { Replicas, TOKENS } from './replica-set.ts';
import { ANYBODY, type LoadCaller, type Made, SteadyLoad } from './steady-load.ts';

const KILL_EVERY_MS = 20_000;
/** Milliseconds until a new replica is started where one was killed. */
const REPLACED_MS = 2_000;
const PER_SECOND = 200;
/** Milliseconds that the server takes for each call. */
const CALL_MS = 20;
/** Milliseconds in which a client with a session goes on, whatever happens to its replica. */
const SESSION_MS = 2_000;
const LIMIT_MS = SECONDS * 1000 + 180_000;

if (isLong && !hasNginx) process.stderr.write('The tests of several replicas are left out here: there is no nginx.\n');

/** Kills one after the other, as long as it is said. */
async function killInTurn(replicas: Replicas): Promise<void> {
  const until = performance.now() + SECONDS * 1000;
  for (let at = 0; performance.now() < until; at++) {
    await pause(Math.min(KILL_EVERY_MS, SECONDS * 500));
    await replicas.kill(at % replicas.ports.length, REPLACED_MS);
  }
}

/** @returns milliseconds that each replica took to stop */
async function rollAll(replicas: Replicas): Promise<number[]> {
  const took: number[] = [];
  for (const at of replicas.ports.keys()) took.push(await replicas.roll(at));
  return took;
}

/** Milliseconds of the slowest call that a client with a session made, and that was not on a replica that was killed. */
function slowestOfSessions(made: readonly Made[], replicas: Replicas): number {
  const hit = new Set(hitBy(made, replicas));
  const own = made.filter((call) => call.caller.sessions !== undefined && !hit.has(call));
  return Math.round(Math.max(0, ...own.map(({ from, to }) => to - from)));
}

describe.skipIf(!isLong || !hasNginx)('three replicas behind nginx, without a store', () => {
  it.each([
    ['calls of 2026-07-28', (_url: string): LoadCaller[] => [ANYBODY]],
    [
      'calls of both generations',
      (url: string): LoadCaller[] => clientsWithSessions(url, TOKENS).flatMap((client) => [client, ANYBODY]),
    ],
  ])(
    '%s fail only on a replica that is killed, none is made twice, and none is answered to somebody else',
    async (what, callersOf) => {
      const env = { GATEWAY_STATE_KEY: randomBytes(32).toString('base64') };
      const replicas = await Replicas.start({ count: 3, env });
      const nginx = await startNginx(replicas.ports);
      const load = new SteadyLoad(nginx.url);
      const callers = callersOf(nginx.url);
      await load.run(callers, PER_SECOND, CALL_MS, killInTurn(replicas));
      const killed = load.made.splice(0);
      let stops: number[] = [];
      const rolled = rollAll(replicas).then((took) => (stops = took));
      await load.run(callers, PER_SECOND, CALL_MS, rolled);
      const rolling = load.made;
      const slowest = [slowestOfSessions(killed, replicas), slowestOfSessions(rolling, replicas)];
      const hit = hitBy(killed, replicas).length;
      tell(`${what}, killed`, { kills: replicas.kills.length, inFlight: hit, ...summary(killed) });
      tell(`${what}, rolled`, { stops: stops.map(Math.round), ...summary(rolling), slowest });
      load.close();
      await nginx.stop();
      const times = timesMade(replicas);
      await replicas.stop();
      expect(lost(killed, replicas)).toEqual([]);
      expect(rolling.filter(({ how }) => how !== 'ok')).toEqual([]);
      expect([...killed, ...rolling].filter(({ how }) => how === 'wrong')).toEqual([]);
      expect([...times].filter(([, count]) => count > 1)).toEqual([]);
      expect([...killed, ...rolling].filter(({ how, mark }) => how === 'ok' && times.get(mark) !== 1)).toEqual([]);
      expect(Math.max(...slowest)).toBeLessThan(SESSION_MS);
    },
    LIMIT_MS,
  );
});
