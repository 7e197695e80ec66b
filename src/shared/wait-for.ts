/** Waiting that ends. */
import type { CancelSignal } from './cancel.ts';

/** The longest that a timer can wait; more would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds that `setTimeout` takes as they are meant. */
export function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_TIMER_MS);
}

/** Milliseconds of lateness that say that the process was suspended, or did something else for long. */
const LATE_MS = 500;
/** Milliseconds in which what arrived meanwhile is read before anything is taken for late. */
const GRACE_MS = 1000;

export interface Deadline {
  clear(): void;
}

/**
 * A timer after which something is over. Timers come before what can be read, so whatever arrived in time is read first, also after
 * the process was suspended.
 */
export function deadline(ms: number, over: () => void, { unref = false } = {}): Deadline {
  const due = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const wait = (delay: number, then: () => void): void => {
    timer = setTimeout(then, timerMs(delay));
    if (unref) timer.unref();
  };
  wait(ms, () => {
    if (performance.now() - due > LATE_MS) wait(GRACE_MS, over);
    else immediate = setImmediate(over);
  });
  return {
    clear() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}

/**
 * Waits for a shared promise no longer than this caller wants to; the work goes on for the others.
 * @param late makes the error for a caller whose `ms` milliseconds are over.
 * @throws what the promise rejects with, `late()`, or the reason of the signal.
 */
export function waitFor<T>(
  work: Promise<T>,
  ms: number,
  signal: CancelSignal | undefined,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = deadline(ms, () => reject(late()));
    const aborted = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    const end = (): void => {
      timer.clear();
      signal?.removeEventListener('abort', aborted);
    };
    work.then(resolve, reject).finally(end);
  });
}

/** Waits for a promise no longer than `ms` milliseconds. @returns undefined where it takes longer */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: Deadline | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = deadline(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.clear();
  }
}

/** Waits; ends early when aborted. Keeps no process alive, and a wait without end keeps nothing at all. */
export function pause(ms: number, signal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = Number.isFinite(ms) ? setTimeout(end, ms).unref() : undefined;
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
