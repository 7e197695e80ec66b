/**
 * What a call costs replicas and their store, for bench/scale: the processor time of three real processes, and whether the simulator says of
 * another rate what is measured there. Long. WRITE_COSTS=1 writes bench/scale/costs.json.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { HAS_REDIS, startRedis } from '../../src/store/testing.ts';
import { root } from '../support/paths.ts';
import { isLong, pause, SECONDS, summary, tell } from './figures.ts';
import { hasNginx, startNginx } from './nginx-front.ts';
import { type ReplicaSetup, Replicas } from './replica-set.ts';
import { ANYBODY, SteadyLoad } from './steady-load.ts';

/** Clock ticks of /proc in a second. */
const TICKS = 100;
const CALL_MS = 5;
const MEASURED_AT = 200;
const CHECKED_AT = 100;
/** Milliseconds until what is called often is compiled. */
const WARM_MS = 10_000;
const env = { GATEWAY_STATE_KEY: randomBytes(32).toString('base64') };
/** So many that none is refused: what counts is that they are counted. */
const limits = { calls_per_minute: 1_000_000 };

interface Cost {
  /** Milliseconds of processor time of the replicas for a call. */
  readonly callMs: number;
  /** The part of its time that a replica worked. */
  readonly use: number;
  readonly p50: number;
  readonly opsPerCall: number;
  readonly opMs: number;
}

/** Milliseconds of processor time that a process has taken. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** One command. @returns what was answered, and in how many milliseconds */
function ask(port: number, command: string): Promise<{ text: string; ms: number }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let from = 0;
    let text = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      from = performance.now();
      socket.write(`${command}\r\n`);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\r\n')) return;
      resolve({ text, ms: performance.now() - from });
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** Commands so far, without those of this test, and the processor time of the store for them in milliseconds. */
async function storeWork(port: number): Promise<{ ops: number; cpu: number }> {
  const { text } = await ask(port, 'INFO commandstats');
  const ops = [...text.matchAll(/cmdstat_(?:eval|evalsha):calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
  const { text: times } = await ask(port, 'INFO cpu');
  const seconds = [...times.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].reduce((sum, [, cpu]) => sum + Number(cpu), 0);
  return { ops, cpu: seconds * 1000 };
}

async function measure(setup: ReplicaSetup, perSecond: number, store?: number): Promise<Cost> {
  const replicas = await Replicas.start(setup);
  const nginx = await startNginx(replicas.ports);
  const load = new SteadyLoad(nginx.url);
  const callers = [ANYBODY];
  await load.run(callers, perSecond, CALL_MS, pause(WARM_MS));
  load.made.length = 0;
  const worked = (): number => replicas.ports.reduce((sum, _, at) => sum + cpuMs(replicas.pid(at)), 0);
  const before = { cpu: worked(), at: performance.now(), store: store ? await storeWork(store) : { ops: 0, cpu: 0 } };
  await load.run(callers, perSecond, CALL_MS, pause(SECONDS * 500));
  const cpu = worked() - before.cpu;
  const took = performance.now() - before.at;
  const after = store ? await storeWork(store) : before.store;
  const { calls, p50 } = summary(load.made);
  load.close();
  await nginx.stop();
  await replicas.stop();
  const ops = after.ops - before.store.ops;
  return {
    callMs: cpu / calls,
    use: cpu / took / replicas.ports.length,
    p50,
    opsPerCall: ops / calls,
    opMs: ops === 0 ? 0 : (after.cpu - before.store.cpu) / ops,
  };
}

describe.skipIf(!isLong || !hasNginx || !HAS_REDIS || process.platform !== 'linux')('what a call costs', () => {
  it(
    'three processes, with a store and without one; the simulator agrees',
    async () => {
      const redis = await startRedis();
      const shared = { count: 3, limits, env: { ...env, GATEWAY_STORE: redis.url } };
      const alone = await measure({ count: 3, limits, env }, MEASURED_AT);
      const counted = await measure(shared, MEASURED_AT, redis.port);
      const more = await measure(shared, CHECKED_AT, redis.port);
      const pings: number[] = [];
      for (let at = 0; at < 51; at++) pings.push((await ask(redis.port, 'PING')).ms);
      await redis.stop();
      const rttMs = pings.sort((one, other) => one - other)[25] ?? 0;
      const costs = {
        ...{ callMs: alone.callMs, callMsWithStore: counted.callMs },
        ...{ opsPerCall: counted.opsPerCall, opMs: counted.opMs, rttMs },
      };
      const { simulate } = await import(path.join(root, 'bench/scale/simulate.mjs'));
      const load = { replicas: 3, shards: 1, perSecond: CHECKED_AT, seconds: 300, callMs: counted.callMs };
      const said = simulate({ ...load, opsPerCall: Math.round(counted.opsPerCall), opMs: counted.opMs, rttMs });
      tell('costs', { alone, counted, more, rttMs, said });
      if (process.env['WRITE_COSTS'] === '1') {
        const rounded = Object.entries(costs).map(([name, value]) => [name, Number(value.toPrecision(3))]);
        const text = `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`;
        writeFileSync(path.join(root, 'bench/scale/costs.json'), text);
      }
      expect(counted.opsPerCall).toBeGreaterThan(0.5);
      expect(said.replicaUse / more.use).toBeGreaterThan(0.5);
      expect(said.replicaUse / more.use).toBeLessThan(2);
    },
    SECONDS * 2000 + 300_000,
  );
});
