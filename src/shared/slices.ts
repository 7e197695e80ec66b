import { setImmediate } from 'node:timers/promises';

/** Milliseconds that work may take before others get their turn. */
const SLICE_MS = 10;

/**
 * Cuts long work into slices: what it returns is called between two pieces of work, and gives a promise to wait for where the slice
 * is over.
 */
export function createSlices(sliceMs = SLICE_MS): () => Promise<void> | undefined {
  let startedAt = performance.now();
  return () => {
    if (performance.now() - startedAt < sliceMs) return undefined;
    return setImmediate().then(() => {
      startedAt = performance.now();
    });
  };
}
