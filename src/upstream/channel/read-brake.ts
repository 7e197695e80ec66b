/** Slows down who writes more than anybody needs: the stream is not read for a while, so its writer has to wait, and nobody else. */

import type { PausableSource } from '../../shared/ordered-jobs.ts';
import { fullBucket, msUntil, refilled } from '../../shared/token-bucket.ts';

/** Part of the capacity that is waited for, so that there are few and short pauses. */
const PART = 0.05;

/** Counts what was read; pauses the stream once it is too much. */
export type ReadBrake = (amount: number) => void;

/**
 * @param capacity what is read at once.
 * @param fullMs milliseconds in which as much is read again.
 */
export function createReadBrake(stream: PausableSource, capacity: number, fullMs: number): ReadBrake {
  let bucket = fullBucket(capacity, performance.now());
  let isPaused = false;
  return (amount) => {
    const { level, at } = refilled(bucket, capacity, fullMs, performance.now());
    bucket = { level: level - amount, at };
    if (bucket.level > 0 || isPaused) return;
    isPaused = true;
    stream.pause();
    const resume = (): void => {
      isPaused = false;
      stream.resume();
    };
    setTimeout(resume, msUntil(bucket, PART * capacity, capacity, fullMs)).unref();
  };
}
