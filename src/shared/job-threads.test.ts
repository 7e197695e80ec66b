import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createJobThreads, JobLost } from './job-threads.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
const script = join(folder, 'jobs.mjs');
writeFileSync(
  script,
  `import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', (job) => {
  if (job === 'thread') parentPort.postMessage({ done: threadId });
  else if (job === 'fail') parentPort.postMessage({ failed: 'so it is' });
  else if (job === 'exit') process.exit(1);
  else if (job === 'heap') { const kept = []; for (;;) kept.push({ size: kept.length }); }
  else if (job === 'spin') for (;;);
  else parentPort.postMessage({ done: job });
});`,
);

describe('the threads for jobs', () => {
  const threads = createJobThreads(script);
  const soon = 20_000;

  it('keep one warm', async () => {
    const first = await threads.run('a', 'thread', soon);
    expect(await threads.run('b', 'thread', soon)).toBe(first);
    await expect(threads.run('a', 'fail', soon)).rejects.toThrow('so it is');
    expect(await threads.run('a', 'thread', soon)).toBe(first);
  });

  it.each(['spin', 'exit', 'heap'])('end a job that does not end well: %s', async (job) => {
    await expect(threads.run('a', job, job === 'spin' ? 100 : soon)).rejects.toBeInstanceOf(JobLost);
    expect(await threads.run('a', 'next', soon)).toBe('next');
  });

  it('run those of one owner one after the other, and others meanwhile', async () => {
    const ended: string[] = [];
    const note = (name: string) => (): void => void ended.push(name);
    const long = [1, 2].map((at) => threads.run('a', 'spin', 300).catch(note(`a${at}`)));
    await threads.run('b', 'x', soon).then(note('b'));
    await Promise.all(long);
    expect(ended).toEqual(['b', 'a1', 'a2']);
  });

  it('take owners in turn', async () => {
    const ended: string[] = [];
    const busy = ['x', 'y'].map((owner) => threads.run(owner, 'spin', 200).catch(() => undefined));
    const jobs = ['a1', 'a2', 'a3', 'b1'].map((name) =>
      threads.run(name.charAt(0), name, soon).then((done) => ended.push(String(done))),
    );
    await Promise.all([...busy, ...jobs]);
    expect(ended.indexOf('b1')).toBeLessThan(ended.indexOf('a3'));
  });

  it('refuse more of one owner than may wait', async () => {
    const many = Array.from({ length: 18 }, () => threads.run('a', 'spin', 50));
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'RATE_LIMITED' } });
    expect(await threads.run('b', 1, soon)).toBe(1);
  });

  it('end when nothing comes for a while', async () => {
    const brief = createJobThreads(script, 20);
    const first = await brief.run('a', 'thread', soon);
    await expect.poll(() => brief.run('a', 'thread', soon), { interval: 100 }).not.toBe(first);
  });
});
