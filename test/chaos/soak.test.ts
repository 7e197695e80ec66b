/**
 * Mixed churn for as long as `SOAK_MINUTES` says (`npm run test:soak`); not part of other runs. Samples are written down as they
 * are taken, one JSON line each, so that a run that is cut short has its figures too: in `SOAK_FOLDER`, or in a new temporary one.
 */
import { appendFileSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { makeHome, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp, request } from '../support/http.ts';
import { MODERN } from '../support/rpc.ts';
import { execute } from '../support/tools.ts';
import { type Memory, openInspector } from './inspector.ts';
import { ANY, file, pidsIn, printTable, record, slope, worker } from './support.ts';

afterAll(printTable);

const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SAMPLE_MS = 10_000;
/** Heap snapshots to find what grows: `early`, which spoils the resident memory of the run, and `late`. */
const SNAPSHOTS = (process.env.SOAK_SNAPSHOTS ?? '').split(',');

interface Sample extends Memory {
  readonly minute: number;
  readonly descriptors: number;
  readonly handles: number;
}

/** Open descriptors, without those that are open for a moment: the least of a few looks. */
async function descriptorsOf(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10; look++) {
    least = Math.min(least, readdirSync(`/proc/${pid}/fd`).length);
    await pause(20);
  }
  return least;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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
    const [, url = ''] = await gateway.running.waitForStderr(/Debugger listening on (ws:\S+)/);
    const inspector = await openInspector(url);
    const { pid } = gateway.running;
    const folder = process.env.SOAK_FOLDER ?? mkdtempSync(path.join(tmpdir(), 'soak-'));
    const began = Date.now();
    const minute = (): number => (Date.now() - began) / 60_000;
    /**
     * The first tenth goes faster, so that what a busy process takes once (compiled code, what the system's allocator does not give
     * back) is taken before it is measured. Little by little it would look like a leak.
     */
    const isEarly = (): boolean => minute() < MINUTES * 0.1;
    const at = (server: string, id: string, more: object = {}) => ({
      agent_id: 'any',
      server,
      tool: 'work',
      args: { id },
      ...more,
    });
    let calls = 0;
    const loop = async (ms: number, turn: (round: number) => Promise<unknown>): Promise<void> => {
      for (let round = 0; minute() < MINUTES; round++) {
        await turn(round);
        calls++;
        await pause(isEarly() ? ms / 5 : ms);
      }
    };
    const snapshot = (name: string): Promise<void> => {
      const to = path.join(folder, `${name}.heapsnapshot`);
      writeFileSync(to, '');
      return inspector.snapshot((chunk) => appendFileSync(to, chunk));
    };
    const modern = await openHttp(gateway.url, MODERN, { token: TOKEN });
    const samples: Sample[] = [];
    process.stdout.write(`samples: ${folder}/samples.jsonl\n`);
    const rush = async (): Promise<void> => {
      while (isEarly()) await execute(modern, at('calm', 'x'.repeat(1 + (calls++ % 2000))));
    };
    await Promise.all([
      ...Array.from({ length: 8 }, rush),
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
        const sample = {
          minute: minute(),
          ...(await inspector.memory()),
          descriptors: await descriptorsOf(pid),
          handles: Number(/^nodejs_active_handles_total (\d+)/m.exec(body)?.[1]),
        };
        samples.push(sample);
        appendFileSync(path.join(folder, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
      }),
      ...(SNAPSHOTS.includes('early') ? [pause(MINUTES * 12_000).then(() => snapshot('early'))] : []),
    ]);
    if (SNAPSHOTS.includes('late')) await snapshot('late');
    await inspector.close();

    const late = samples.filter((sample) => sample.minute > MINUTES * 0.2);
    const told = (what: string, limit: string, of: (sample: Sample) => number): number => {
      const values = late.map(of);
      const perHour = 60 * slope(late.map((sample) => [sample.minute, of(sample)] as const));
      record('soak', `${what}, range`, '', `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`);
      record('soak', `${what} per hour, last 80 %`, limit, perHour);
      return perHour;
    };
    record('soak', 'minutes / calls / samples', '', `${MINUTES} / ${calls} / ${samples.length}`);
    const rss = told('resident MiB after a collection', '< 1', (sample) => sample.rss);
    const heap = told('used heap MiB after a collection', '< 1', ({ heapUsed }) => heapUsed);
    told('external MiB after a collection', '', ({ external }) => external);
    const descriptors = told('descriptors', 'flat', (sample) => sample.descriptors);
    const handles = told('handles', 'flat', (sample) => sample.handles);
    await gateway.stop();
    // One in ten may be late on a busy machine; a run without its samples shows nothing.
    expect(samples.length).toBeGreaterThan((0.9 * MINUTES * 60_000) / (SAMPLE_MS + 1000));
    expect(rss).toBeLessThan(1);
    expect(heap).toBeLessThan(1);
    expect(Math.abs(descriptors)).toBeLessThan(5);
    expect(Math.abs(handles)).toBeLessThan(5);
  },
  MINUTES * 60_000 + 120_000,
);
