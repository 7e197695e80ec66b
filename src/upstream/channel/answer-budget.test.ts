import { expect, it } from 'vitest';
import { createAnswerBudget, readFew } from './answer-budget.ts';

const MIB = 1024 * 1024;

it('one server does not take the room of the others; what is small always has room', () => {
  const rooms = Array.from({ length: 20 }, () => createAnswerBudget('greedy'));
  const had = rooms.filter((room) => room.grow(16 * MIB));
  expect(had.length).toBe(8);
  const other = createAnswerBudget('modest');
  expect([other.grow(10 * MIB), other.grow(16 * MIB), other.grow(100)]).toEqual([true, true, true]);
  expect(createAnswerBudget('greedy').grow(1000)).toBe(true);
  had[0]?.end();
  had[0]?.end();
  const next = createAnswerBudget('greedy');
  expect([next.grow(2 * MIB), next.grow(16 * MIB), next.grow(17 * MIB)]).toEqual([true, true, false]);
  for (const room of [...rooms, other, next]) room.end();
  expect(next.grow(128 * MIB)).toBe(true);
  next.end();
});

it('few are read at a time, in their order, and a failure ends none of the others', async () => {
  let most = 0;
  let now = 0;
  const begun: number[] = [];
  const all = Array.from({ length: 12 }, (_, at) =>
    readFew(async () => {
      begun.push(at);
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      if (at === 3) throw new Error('broken');
      return at;
    }),
  );
  const settled = await Promise.allSettled(all);
  expect(settled.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect([most, begun]).toEqual([4, Array.from({ length: 12 }, (_, at) => at)]);
  expect(await readFew(async () => 'again')).toBe('again');
});
