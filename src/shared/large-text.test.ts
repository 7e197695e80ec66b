import { expect, it } from 'vitest';
import { decodeLarge, inTurns, turnFor } from './large-text.ts';

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

it('steps of several are done in slices, of which there is one per turn of the event loop', async () => {
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const slices = [new Set<number>(), new Set<number>()];
  await Promise.all(
    slices.map((seen) => {
      let steps = 0;
      return inTurns(() => {
        seen.add(turn);
        const until = performance.now() + 2;
        while (performance.now() < until);
        return ++steps === 10;
      });
    }),
  );
  counting = false;
  const [one = new Set<number>(), other = new Set<number>()] = slices;
  expect(Math.min(one.size, other.size)).toBeGreaterThan(1);
  expect([...one].filter((at) => other.has(at))).toEqual([]);
  await expect(
    inTurns(() => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
});

it.each(['a', 'é', '€', '😀', 'a😀', 'é€a'])('decodes a large text of %s', async (characters) => {
  const text = characters.repeat(100_000);
  expect(await decodeLarge(Buffer.from(text))).toBe(text);
});
