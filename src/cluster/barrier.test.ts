import { expect, it } from 'vitest';
import { Barrier } from './barrier.ts';

it('opens when the last of those arrives that are members then', async () => {
  const members = new Set([0, 1, 2]);
  const barrier = new Barrier(() => [...members]);
  const opened: number[] = [];
  const arrive = (member: number): Promise<unknown> => barrier.arrive(member).then(() => opened.push(member));
  const first = arrive(0);
  const second = arrive(1);
  await Promise.resolve();
  expect(opened).toEqual([]);
  members.delete(2);
  barrier.leave(2);
  await Promise.all([first, second]);
  expect(opened.sort()).toEqual([0, 1]);
});

it('does not open for one that leaves while others are still expected', async () => {
  const members = new Set([0, 1]);
  const barrier = new Barrier(() => [...members]);
  let isOpen = false;
  void barrier.arrive(0).then(() => {
    isOpen = true;
  });
  barrier.leave(0);
  await Promise.resolve();
  expect(isOpen).toBe(false);
});
