/** Several processes on one log: what a service and the clients of one user do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { buildProgram } from '../shared/testing.ts';
import { recordOf, tempDirectory } from './fixtures.ts';
import { verifyLog } from './verify-log.ts';

const SINK = fileURLToPath(new URL('./audit-log.ts', import.meta.url));

/** A program that appends `count` records, a few per turn, and rotates often. */
function buildWriter(directory: string): Promise<string> {
  return buildProgram(directory, [
    `import { openAudit } from ${JSON.stringify(SINK)};`,
    'const [path, count, record] = process.argv.slice(2);',
    'const audit = openAudit({ path, redact: (text) => text, maxBytes: 20_000, keep: 100_000 });',
    'for (let n = 0; n < Number(count); n += 5) {',
    '  await Promise.all([0, 1, 2, 3, 4].map(() => audit.append(JSON.parse(record))));',
    '}',
    'await audit.close();',
  ]);
}

function start(program: string, path: string, count: number): ChildProcess {
  const args = [program, path, String(count), JSON.stringify(recordOf())];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it('keeps every line of every process whole while they rotate the log, one of them killed', async () => {
  const directory = tempDirectory();
  const program = await buildWriter(directory);
  const path = join(directory, 'logs', 'audit.jsonl');
  const children = [1, 2, 3].map(() => start(program, path, 500));
  const endless = start(program, path, 1_000_000);
  const codes = Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  let running = true;
  void codes.then(() => {
    running = false;
  });
  while (running) {
    await new Promise((resolve) => setImmediate(resolve));
    const seen = tryVerify(path);
    if (seen !== undefined) expect(seen.problems).toEqual([]);
  }
  expect(await codes).toEqual([0, 0, 0]);
  endless.kill('SIGKILL');
  await once(endless, 'exit');

  const report = verifyLog(path);
  // The kernel may stop the last write of a killed process between two pages.
  expect(report.problems.filter(({ kind }) => kind !== 'unreadable')).toEqual([]);
  expect(report.notes.filter((note) => !note.includes('cut off'))).toEqual([]);
  // Their number depends on how often two of them want to rotate at the same time.
  expect(report.files.length).toBeGreaterThan(3);
  expect(report.writers.filter(({ last_seq }) => last_seq >= 500).length).toBeGreaterThanOrEqual(3);
  expect(report.records).toBe(report.writers.reduce((sum, { last_seq }) => sum + last_seq, 0));
});

/** Undefined before the first record. */
function tryVerify(path: string) {
  try {
    return verifyLog(path);
  } catch {
    return undefined;
  }
}
