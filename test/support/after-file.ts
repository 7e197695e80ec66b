/** Runs with each file of tests: what they share, and what a failed one left, is ended with it. */
import { afterAll } from 'vitest';
import { endCollectors } from './collector.ts';
import { endLeftovers } from './gateway.ts';
import { endShared } from './matrix.ts';

afterAll(async () => {
  endCollectors();
  try {
    await endShared();
  } finally {
    await endLeftovers();
  }
});
