import { expect, it } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import { createLimiter } from '../pipeline/rate-limits.ts';
import { createAdmissions } from './shared-limits.ts';

const limits = { callsPerMinute: undefined, concurrentCalls: 2, bytesPerHour: undefined };
const snapshot = {
  principals: undefined,
  agentTerms: new Map([['dev', { minAssurance: undefined, limits }]]),
} as unknown as Snapshot;

it('calls of a worker that is gone run no more; a call that ended twice ended once', () => {
  const limiter = createLimiter();
  const [one, two] = [createAdmissions(limiter, () => snapshot), createAdmissions(limiter, () => snapshot)];
  const first = one.admit('p', 'dev', 0) ?? -1;
  expect(two.admit('p', 'dev', 0)).toBeDefined();
  expect(() => one.admit('p', 'dev', 0)).toThrow('2 calls running');
  one.done(first, 0);
  one.done(first, 0);
  expect(one.admit('p', 'dev', 0)).toBeDefined();
  expect(() => two.admit('p', 'dev', 0)).toThrow('2 calls running');
  one.clear();
  expect(two.admit('p', 'dev', 0)).toBeDefined();
  expect(two.admit('p', 'other', 0)).toBeUndefined();
});
