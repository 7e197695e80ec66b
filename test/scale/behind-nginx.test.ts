/**
 * Three replicas behind a real nginx in turn: one is killed every 20 s, and then all are replaced one after the other. Long: a minute,
 * or SCALE_SECONDS.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { MODERN } from '../support/rpc.ts';
import { isLong, lost, pause, SECONDS, summary, tell, timesMade } from './figures.ts';
import { hasNginx, startNginx } from './nginx-front.ts';
import { Replicas } from './replica-set.ts';
import { SteadyLoad } from './steady-load.ts';

const KILL_EVERY_MS = 20_000;
/** Milliseconds until a new replica is started where one was killed. */
const REPLACED_MS = 2_000;
const PER_SECOND = 200;
/** Milliseconds that the server takes for each call. */
const CALL_MS = 20;
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

describe.skipIf(!isLong || !hasNginx)('three replicas behind nginx', () => {
  it(
    'without a store: calls of 2026-07-28 fail only on a replica that is killed, and no call is made twice',
    async () => {
      const env = { GATEWAY_STATE_KEY: randomBytes(32).toString('base64') };
      const replicas = await Replicas.start({ count: 3, env });
      const nginx = await startNginx(replicas.ports);
      const load = new SteadyLoad(nginx.url);
      const callers = [{ revision: MODERN }];
      await load.run(callers, PER_SECOND, CALL_MS, killInTurn(replicas));
      const killed = load.made.splice(0);
      let stops: number[] = [];
      const rolled = rollAll(replicas).then((took) => (stops = took));
      await load.run(callers, PER_SECOND, CALL_MS, rolled);
      const rolling = load.made;
      tell('killed', { kills: replicas.kills.length, ...summary(killed) });
      tell('rolled', { stops: stops.map(Math.round), ...summary(rolling) });
      load.close();
      await nginx.stop();
      const times = timesMade(replicas);
      await replicas.stop();
      expect(lost(killed, replicas)).toEqual([]);
      expect(rolling.filter(({ how }) => how !== 'ok')).toEqual([]);
      expect([...times].filter(([, count]) => count > 1)).toEqual([]);
      expect([...killed, ...rolling].filter(({ how, mark }) => how === 'ok' && times.get(mark) !== 1)).toEqual([]);
    },
    LIMIT_MS,
  );
});
