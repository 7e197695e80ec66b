/** The simulator of bench/scale finds what queueing theory says where it says something. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';

interface Load {
  readonly replicas: number;
  readonly shards: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly callMs: number;
  readonly opsPerCall: number;
  readonly opMs: number;
  readonly rttMs: number;
}
type Found = Record<'p50' | 'p99' | 'replicaUse' | 'storeUse', number>;

const { simulate } = (await import(path.join(root, 'bench/scale/simulate.mjs'))) as {
  simulate: (load: Load) => Found;
};
const QUIET = { replicas: 1, shards: 1, seconds: 1500, callMs: 0.000_001, opsPerCall: 0, opMs: 1, rttMs: 0 };

it.each([0.4, 0.8])('one queue with a use of %d: M/M/1', (use) => {
  const found = simulate({ ...QUIET, opsPerCall: 1, opMs: 10, perSecond: use * 100 });
  expect(found.storeUse).toBeCloseTo(use, 1);
  // The time in an M/M/1 is exponential with the mean 1 / (service rate - arrival rate).
  const mean = 10 / (1 - use);
  expect(found.p50 / (Math.LN2 * mean)).toBeGreaterThan(0.9);
  expect(found.p50 / (Math.LN2 * mean)).toBeLessThan(1.1);
  expect(found.p99 / (Math.log(100) * mean)).toBeGreaterThan(0.8);
  expect(found.p99 / (Math.log(100) * mean)).toBeLessThan(1.2);
});

it('the way to the store and back counts once for each command; replicas share the work', () => {
  const quiet = { ...QUIET, perSecond: 1, opMs: 0.000_001, rttMs: 3 };
  expect(simulate({ ...quiet, opsPerCall: 2 }).p50).toBeCloseTo(6, 2);
  const load = { ...QUIET, perSecond: 30, callMs: 10 };
  expect(simulate(load).replicaUse / simulate({ ...load, replicas: 3 }).replicaUse).toBeCloseTo(3, 0);
});
