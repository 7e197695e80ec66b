/** Bytes that were written to clients and not read: they count as theirs, and who lets too many of them lie loses the oldest connection. */
import type { ServerResponse } from 'node:http';
import type { Kept, OwnerBudget } from '../../shared/byte-budget.ts';

/** Bytes below which nothing is counted: most answers are taken at once. */
const LARGE = 256 * 1024;

const counted = new WeakMap<ServerResponse, Kept>();

/** After something was written. */
export function countUnsent(response: ServerResponse, budget: OwnerBudget): void {
  const bytes = response.writableLength;
  if (bytes < LARGE || response.destroyed) return;
  const before = counted.get(response);
  before?.release();
  const kept = budget.keep(bytes, () => response.destroy());
  if (kept === undefined) {
    response.destroy();
    return;
  }
  counted.set(response, kept);
  if (before !== undefined) return;
  const release = (): void => counted.get(response)?.release();
  response.on('drain', release);
  response.once('close', release);
}
