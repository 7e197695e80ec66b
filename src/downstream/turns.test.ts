import { expect, it } from 'vitest';
import { turnFor } from './turns.ts';

const MEBIBYTE = 1024 * 1024;

it('small messages do not wait; large ones are read one per turn of the event loop, in their order', async () => {
  expect(turnFor(1000)).toBeUndefined();
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const read: { readonly message: number; readonly turn: number }[] = [];
  await Promise.all(
    [1, 2, 3].map(async (message) => {
      await turnFor(MEBIBYTE);
      read.push({ message, turn });
    }),
  );
  counting = false;
  expect(read.map(({ message }) => message)).toEqual([1, 2, 3]);
  expect(new Set(read.map((one) => one.turn)).size).toBe(3);
  // The next one does not wait for those before it.
  await turnFor(MEBIBYTE);
});
