import { expect, it } from 'vitest';
import { createChangePacing } from './change-pacing.ts';

it('tells a storm less and less often, and something new at once', () => {
  let now = 0;
  const pace = createChangePacing(() => now);
  const toldAt: number[] = [];
  for (; now < 600_000; now += 50) if (pace.waitMs() === 0) toldAt.push(now);
  expect(toldAt.slice(0, 5)).toEqual([0, 50, 300, 800, 1_800]);
  expect(toldAt.length).toBeLessThan(30);
  now += 61_000;
  expect([pace.waitMs(), pace.waitMs()]).toEqual([0, 0]);
  expect(pace.waitMs()).toBe(250);
});

it('says how long to wait, and what waited is told then', () => {
  let now = 0;
  const pace = createChangePacing(() => now);
  pace.waitMs();
  pace.waitMs();
  const wait = pace.waitMs();
  now += wait;
  expect(pace.waitMs()).toBe(0);
});
