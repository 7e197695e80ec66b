import { expect, it } from 'vitest';
import { afterwards, together } from './turn.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As after a turn that brought so many. */
async function after(count: number): Promise<void> {
  for (let job = 0; job < count; job++) together(() => {});
  await nextTurn();
}

it('runs what a turn brings in a row, and endings after all of it', async () => {
  await after(2);
  const seen: string[] = [];
  afterwards(() => seen.push('end'));
  together(() => {
    seen.push('first');
    afterwards(() => seen.push('its end'));
    together(() => seen.push('third'));
  });
  together(() => seen.push('second'));
  expect(seen).toEqual([]);
  await nextTurn();
  expect(seen).toEqual(['first', 'second', 'third', 'end', 'its end']);
});

it('runs what is likely to be alone at once', async () => {
  await after(1);
  const seen: string[] = [];
  together(() => seen.push('first'));
  expect(seen).toEqual(['first']);
  together(() => seen.push('second'));
  expect(seen).toEqual(['first']);
  await nextTurn();
  expect(seen).toEqual(['first', 'second']);
});

it('takes what an ending brings for the next turn', async () => {
  await after(2);
  const seen: string[] = [];
  afterwards(() => {
    seen.push('end');
    afterwards(() => seen.push('next end'));
  });
  await nextTurn();
  expect(seen).toEqual(['end']);
  await nextTurn();
  expect(seen).toEqual(['end', 'next end']);
});
