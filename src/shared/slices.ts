import { turn } from './large-text.ts';

/** Milliseconds that work may take before others get their turn. */
const SLICE_MS = 5;

/**
 * Cuts long work into slices: what it returns is called between two pieces of work, and gives a promise to wait for where the slice
 * is over.
 * @param others waits until others had their turn; by default also those with large work, of which there is one slice per turn.
 */
export function createSlices(others: () => Promise<void> = turn): () => Promise<void> | undefined {
  let startedAt = performance.now();
  return () => {
    if (performance.now() - startedAt < SLICE_MS) return undefined;
    return others().then(() => {
      startedAt = performance.now();
    });
  };
}
