/** What a call and a start cost where it can be counted: no clock is read, so a slow machine fails nothing. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const COUNT = fileURLToPath(new URL('../../bench/perf/count.mjs', import.meta.url));

interface Counted {
  /** Bytes that become garbage, in KB. */
  readonly allocatedKb: number;
  /** Reads and writes of the system, sockets, pipes and files together. */
  readonly reads: number;
  readonly writes: number;
}

/**
 * What it was when it was last looked at, and half as much again; one system call more. Counts differ by 2 % between runs. Whoever
 * makes calls cheaper may lower these; whoever has to raise them should know why.
 */
const LIMITS: Readonly<Record<'http' | 'stdio', Counted>> = {
  http: { allocatedKb: 44 * 1.5, reads: 2 + 1, writes: 4 + 1 },
  stdio: { allocatedKb: 36 * 1.5, reads: 2 + 1, writes: 4 + 1 },
};

/** KB of program that a start over stdio may load; it is 1,317. More means that something is loaded too early. */
const START_KB = 1_340;

// The counters are those of Linux; they do not differ by system.
it.runIf(process.platform === 'linux')('a call and a start cost no more than they did', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [COUNT]);
  const { start, ...counted } = JSON.parse(stdout) as Record<'http' | 'stdio', Counted> & {
    start: { loadedKb: number };
  };
  expect.soft(start.loadedKb, 'KB of program that a start loads').toBeGreaterThan(100);
  expect.soft(start.loadedKb, 'KB of program that a start loads').toBeLessThan(START_KB);
  for (const behind of ['http', 'stdio'] as const) {
    const { allocatedKb, reads, writes } = counted[behind];
    const limit = LIMITS[behind];
    expect.soft(allocatedKb, `KB per call, ${behind}`).toBeGreaterThan(1);
    expect.soft(allocatedKb, `KB per call, ${behind}`).toBeLessThan(limit.allocatedKb);
    expect.soft(reads, `reads per call, ${behind}`).toBeLessThan(limit.reads);
    expect.soft(writes, `writes per call, ${behind}`).toBeLessThan(limit.writes);
  }
});
