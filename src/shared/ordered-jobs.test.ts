import { expect, it } from 'vitest';
import { createInOrder, sharedPauses } from './ordered-jobs.ts';

it('jobs are done at once, unless one takes longer: then the source rests and the others wait, in their order', async () => {
  const seen: string[] = [];
  const order = createInOrder({ pause: () => seen.push('pause'), resume: () => seen.push('resume') }, (error) =>
    seen.push(String(error)),
  );
  let finish = (): void => {};
  const long = new Promise<void>((resolve) => {
    finish = resolve;
  });
  order.run(() => void seen.push('a'));
  expect(order.isBusy).toBe(false);
  order.run(() => long.then(() => void seen.push('b')));
  order.run(() => void seen.push('c'));
  order.run(() => {
    throw new Error('d');
  });
  order.run(() => Promise.reject(new Error('e')));
  order.run(async () => void seen.push('f'));
  expect(seen).toEqual(['a', 'pause']);
  expect(order.isBusy).toBe(true);
  finish();
  await order.idle();
  expect(seen).toEqual(['a', 'pause', 'b', 'c', 'Error: d', 'Error: e', 'f', 'resume']);
  order.run(() => void seen.push('g'));
  expect(seen.at(-1)).toBe('g');
  expect(() =>
    order.run(() => {
      throw new Error('h');
    }),
  ).toThrow('h');
});

it('a source goes on when none of those that paused it wants it to rest', () => {
  const seen: string[] = [];
  const source = sharedPauses({ pause: () => seen.push('pause'), resume: () => seen.push('resume') });
  source.pause();
  source.pause();
  source.resume();
  expect(seen).toEqual(['pause']);
  source.resume();
  source.pause();
  expect(seen).toEqual(['pause', 'resume', 'pause']);
});
