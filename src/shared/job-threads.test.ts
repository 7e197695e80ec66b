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
  else if (job === 'spin') for (;;);
  else if (job.gate !== undefined) {
    Atomics.wait(new Int32Array(job.gate), 0, 0);
    parentPort.postMessage({ done: job.name });
  }
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

  it.each(['spin', 'exit'])('end a job that does not end well: %s', async (job) => {
    await expect(threads.run('a', job, job === 'spin' ? 100 : soon)).rejects.toBeInstanceOf(JobLost);
    expect(await threads.run('a', 'next', soon)).toBe('next');
  });

  /** A job that ends when the test says so. */
  function held(owner: string): { readonly done: Promise<unknown>; release(): void } {
    const gate = new SharedArrayBuffer(4);
    const done = threads.run(owner, { gate, name: owner }, soon);
    return {
      done,
      release() {
        Atomics.store(new Int32Array(gate), 0, 1);
        Atomics.notify(new Int32Array(gate), 0);
      },
    };
  }

  it('run those of one owner one after the other, and others meanwhile', async () => {
    const ended: string[] = [];
    const note = (name: string) => (): void => void ended.push(name);
    const first = held('a');
    const all = [first.done.then(note('a1')), threads.run('a', 'x', soon).then(note('a2'))];
    await threads.run('b', 'x', soon).then(note('b'));
    first.release();
    await Promise.all(all);
    expect(ended).toEqual(['b', 'a1', 'a2']);
  });

  it('take owners in turn', async () => {
    const ended: unknown[] = [];
    const [one, other] = [held('x'), held('y')];
    const jobs = ['a1', 'a2', 'a3', 'b1'].map((name) =>
      threads.run(name.charAt(0), name, soon).then((done) => ended.push(done)),
    );
    one.release();
    await Promise.all(jobs);
    expect(ended).toEqual(['a1', 'b1', 'a2', 'a3']);
    other.release();
    await Promise.all([one.done, other.done]);
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
