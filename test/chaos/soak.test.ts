/** Mixed churn for as long as `SOAK_MINUTES` says (`npm run test:soak`); not part of other runs. */
import { readdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { WebSocket } from 'undici';
import { afterAll, expect, test } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { makeHome, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp, request } from '../support/http.ts';
import { MODERN } from '../support/rpc.ts';
import { execute } from '../support/tools.ts';
import { ANY, file, memoryOf, pidsIn, printTable, record, worker } from './support.ts';

afterAll(printTable);

const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SAMPLE_MS = 10_000;

interface Sample {
  readonly minute: number;
  readonly mib: number;
  readonly descriptors: number;
  readonly handles: number;
}

/**
 * Collects the garbage of a process over its inspector: what is resident then is what is held, and not when V8 last tidied up.
 * A process does not end while somebody is attached to its inspector: close it first.
 */
async function collector(url: string): Promise<{ collect(): Promise<void>; close(): Promise<void> }> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  let next = 1;
  const collect = (): Promise<void> =>
    new Promise((resolve) => {
      const id = next++;
      const take = (event: { data: unknown }): void => {
        if ((JSON.parse(String(event.data)) as { id?: number }).id !== id) return;
        socket.removeEventListener('message', take);
        resolve();
      };
      socket.addEventListener('message', take);
      socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
    });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      socket.addEventListener('close', () => resolve());
      socket.close();
    });
  return { collect, close };
}

/** Open descriptors, without those that are open for a moment: the least of a few looks. */
async function descriptorsOf(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10; look++) {
    least = Math.min(least, readdirSync(`/proc/${pid}/fd`).length);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return least;
}

/** Slope of a line through the points (least squares). */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const top = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return top / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

test.skipIf(MINUTES === 0)(
  'memory, handles and descriptors stay flat under mixed churn',
  async () => {
    const home = makeHome({ rules: withPrincipals(ANY.agents) });
    const pids = file(home, 'pids');
    const entries = {
      calm: worker(),
      alone: worker({}, { sharing: 'per-session', idle_timeout_ms: 1500, max_instances: 4 }),
      mortal: worker({ PIDS_FILE: pids }),
      hang: worker({ MODE: 'hang' }),
      crash: worker({ MODE: 'crash' }),
    };
    writeFileSync(home.servers, JSON.stringify(servers(entries)));
    const gateway = await serveHttp({ home, env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
    const [, inspector = ''] = await gateway.running.waitForStderr(/Debugger listening on (ws:\S+)/);
    const garbage = await collector(inspector);
    const { pid } = gateway.running;
    const end = Date.now() + MINUTES * 60_000;
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const at = (server: string, id: string, more: object = {}) => ({
      agent_id: 'any',
      server,
      tool: 'work',
      args: { id },
      ...more,
    });
    let calls = 0;
    const loop = async (ms: number, turn: (round: number) => Promise<unknown>): Promise<void> => {
      for (let round = 0; Date.now() < end; round++) {
        await turn(round);
        calls++;
        await pause(ms);
      }
    };
    const modern = await openHttp(gateway.url, MODERN, { token: TOKEN });
    const samples: Sample[] = [];
    await Promise.all([
      loop(20, (round) => execute(modern, at('calm', 'x'.repeat(1 + (round % 2000))))),
      loop(50, () => execute(modern, at('hang', 'x', { timeout_ms: 200 }))),
      loop(200, () => execute(modern, at('crash', 'x'))),
      loop(500, async () => {
        await execute(modern, at('mortal', 'x'));
        const target = pidsIn(pids).at(-1);
        if (target !== undefined) process.kill(target, 'SIGKILL');
        writeFileSync(pids, '');
      }),
      loop(700, async () => {
        const legacy = await openHttp(gateway.url, '2025-11-25', { token: TOKEN });
        await execute(legacy, at('alone', 'x'));
        await legacy.close();
      }),
      loop(10_000, async (round) => {
        const again = {
          ...entries,
          extra: worker({}, { description: `round ${round}`, idle_timeout_ms: 1000 + round }),
        };
        writeFileSync(home.servers, JSON.stringify(servers(round % 2 === 0 ? again : entries)));
      }),
      loop(SAMPLE_MS, async () => {
        const { body } = await request(`${gateway.origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
        await garbage.collect();
        samples.push({
          minute: (Date.now() - (end - MINUTES * 60_000)) / 60_000,
          mib: memoryOf(pid),
          descriptors: await descriptorsOf(pid),
          handles: Number(/^nodejs_active_handles_total (\d+)/m.exec(body)?.[1] ?? 0),
        });
      }),
    ]);
    await garbage.close();
    if (process.env.SOAK_SAMPLES !== undefined) writeFileSync(process.env.SOAK_SAMPLES, JSON.stringify(samples));
    const late = samples.filter(({ minute }) => minute > MINUTES * 0.2);
    const perHour = (of: (sample: Sample) => number): number =>
      60 * slope(late.map((sample) => [sample.minute, of(sample)] as const));
    const [mib, descriptors, handles] = [
      perHour(({ mib }) => mib),
      perHour((s) => s.descriptors),
      perHour((s) => s.handles),
    ];
    const range = (of: (sample: Sample) => number): string => {
      const values = late.map(of);
      return `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
    };
    record('soak', 'minutes / calls', '', `${MINUTES} / ${calls}`);
    record(
      'soak',
      'resident MiB after a collection, range',
      '',
      range(({ mib }) => mib),
    );
    record('soak', 'resident MiB per hour, last 80 %', '< 1', mib);
    record(
      'soak',
      'descriptors, range',
      '',
      range((s) => s.descriptors),
    );
    record('soak', 'descriptors per hour', 'flat', descriptors);
    record(
      'soak',
      'handles, range',
      '',
      range((s) => s.handles),
    );
    record('soak', 'handles per hour', 'flat', handles);
    await gateway.stop();
    expect(mib).toBeLessThan(1);
    expect(Math.abs(descriptors)).toBeLessThan(5);
    expect(Math.abs(handles)).toBeLessThan(5);
  },
  MINUTES * 60_000 + 120_000,
);
