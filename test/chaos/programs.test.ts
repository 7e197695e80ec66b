import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { GREEDY, READS } from '../../src/operations/code/escapes.ts';
import { generateProgram } from '../../src/operations/code/fixtures.ts';
import { serveHttp } from '../support/gateway.ts';
import { servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool } from '../support/tools.ts';
import { beModest } from './modest.ts';
import { FULL, memoryOf, printTable, quantile, record, slope } from './support.ts';

afterAll(printTable);

const HOSTILE_TOKEN = `${TOKEN}-hostile`;
const RUNS = 4_000;
/** Milliseconds by which nobody else may wait longer. */
const MOST_MS = 20;
/** MiB that may stay behind for each thousand programs. */
const MOST_MIB = 8;

/** Those that want out, those that want more than there is, and generated ones. */
function programAt(n: number): string {
  const written = [...READS, ...GREEDY].map(([, program]) => program);
  return written[n % (written.length + 200)] ?? generateProgram(n);
}

// What it asserts needs a machine that does nothing else.
test.runIf(FULL)(
  'hostile programs: nobody else waits for them, and nothing of them is left',
  async () => {
    const agents = {
      modest: { allow: { servers: ['calc'] } },
      hostile: { allow: { servers: ['calc'] }, code: { cpu_ms: 200, memory_mb: 16, timeout_ms: 2_000 } },
    };
    const gateway = await serveHttp({
      servers: servers({ calc: fixture('calc') }),
      rules: {
        agents,
        principals: {
          modest: { token_sha256: sha256(TOKEN), default: 'modest', may_assume: ['modest'] },
          hostile: { token_sha256: sha256(HOSTILE_TOKEN), default: 'hostile', may_assume: ['hostile'] },
        },
      },
    });
    const { pid } = gateway.running;
    const rpc = await openHttp(gateway.url, MODERN, { token: HOSTILE_TOKEN });
    const alone = beModest(gateway);
    await pause(5_000);
    const quiet = await alone();

    const beside = beModest(gateway);
    const memory: [run: number, mib: number][] = [];
    for (let n = 0; n < RUNS; n++) {
      const result = await callTool(rpc, 'run_code', { code: programAt(n) });
      // A failure quotes the program.
      if (result.isError !== true) expect(JSON.stringify(result.content), programAt(n)).not.toContain('HOST');
      // What the first ones leave is what all share: it grows for some two thousand.
      if (n >= RUNS / 2) memory.push([n / 1000, memoryOf(pid)]);
    }
    const loud = await beside();
    await gateway.stop();

    const of = (times: readonly number[]): string =>
      [0.5, 0.99, 1].map((q) => quantile(times, q).toFixed(1)).join(' / ');
    const later = Math.max(...loud.times) - Math.max(...quiet.times);
    const grows = slope(memory);
    record('programs', 'p50 / p99 / longest call of another, alone ms', '', of(quiet.times));
    record('programs', 'p50 / p99 / longest beside ms', '', of(loud.times));
    record('programs', 'longest, beside - alone ms', `< ${MOST_MS}`, later.toFixed(1));
    record('programs', 'MiB more per 1,000 programs', `< ${MOST_MIB}`, grows.toFixed(1));
    expect([...quiet.wrong, ...loud.wrong]).toEqual([]);
    expect(later).toBeLessThan(MOST_MS);
    expect(grows).toBeLessThan(MOST_MIB);
  },
  900_000,
);
