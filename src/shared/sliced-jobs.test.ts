import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SlicedJobs } from './sliced-jobs.ts';

/** Milliseconds of work. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('does many jobs in turns that are no longer than those of one, and short ones before long ones', async () => {
  const jobs = new SlicedJobs();
  const order: string[] = [];
  let turns = 0;
  let counts = true;
  const counting = (async () => {
    for (; counts; turns++) await setImmediate();
  })();
  function* steps(name: string, count: number): Generator<void, void> {
    for (let at = 0; at < count; at++) {
      work(1);
      yield;
    }
    order.push(name);
  }
  const long = jobs.run(steps('long', 60));
  const short = ['a', 'b', 'c'].map((name) => jobs.run(steps(name, 2)));
  expect(order).toEqual([]);
  await Promise.all(short);
  // On a busy machine a slice may end within a short one, too.
  expect([...order].sort()).toEqual(['a', 'b', 'c']);
  await long;
  counts = false;
  await counting;
  expect(order.at(-1)).toBe('long');
  // 66 ms of work, at most six of which are done in one turn.
  expect(turns).toBeGreaterThan(10);
});

it('fails with what a step throws, and goes on with the others', async () => {
  const jobs = new SlicedJobs();
  function* failing(): Generator<void, void> {
    yield;
    throw new Error('no');
  }
  const failed = jobs.run(failing());
  const fine = jobs.run([][Symbol.iterator]());
  await expect(failed).rejects.toThrow('no');
  await fine;
});
