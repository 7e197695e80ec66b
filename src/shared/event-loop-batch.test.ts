import { expect, it } from 'vitest';
import { afterwards, runInBatch } from './event-loop-batch.ts';

/** Both parts of the end of a turn are over. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** As after a turn that brought so many. */
async function after(count: number): Promise<void> {
  for (let job = 0; job < count; job++) runInBatch(() => {});
  await nextTurn();
}

it('runs what a turn brings in a row, and endings after all of it and of its promises', async () => {
  await after(2);
  const seen: string[] = [];
  afterwards(() => seen.push('end'));
  runInBatch(async () => {
    seen.push('first');
    await undefined;
    seen.push('what it left');
    afterwards(() => seen.push('its end'));
  });
  runInBatch(() => seen.push('second'));
  expect(seen).toEqual([]);
  await nextTurn();
  expect(seen).toEqual(['first', 'second', 'what it left', 'end', 'its end']);
});

it('runs what is likely to be alone at once', async () => {
  await after(1);
  const seen: string[] = [];
  runInBatch(() => seen.push('first'));
  expect(seen).toEqual(['first']);
  runInBatch(() => seen.push('second'));
  expect(seen).toEqual(['first']);
  await nextTurn();
  expect(seen).toEqual(['first', 'second']);
});

it('loses nothing that comes while it runs', async () => {
  await after(2);
  const seen: string[] = [];
  runInBatch(() => runInBatch(() => seen.push('of a job')));
  afterwards(() => {
    afterwards(() => seen.push('end of an end'));
    runInBatch(() => seen.push('of an end'));
  });
  await nextTurn();
  await nextTurn();
  expect(seen.toSorted()).toEqual(['end of an end', 'of a job', 'of an end']);
});
