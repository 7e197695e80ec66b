/** Decides when a server may be started again: never forbidden for good, never more than ten times a minute without an answer. */

const WINDOW_MS = 60_000;
const STARTS_PER_WINDOW = 10;
/** Failures in a row that cost no waiting. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lived this long was no failure, whether it answered or not. */
const STABLE_MS = 60_000;
/** Part of a delay that chance takes away, so that servers which fell together do not rise together. */
const JITTER = 0.2;

/** One start, until it is known what became of it. */
export interface Start {
  /** It answered a request of a caller. */
  answered(): void;
  readonly isAnswered: boolean;
  /** It could not be connected, or its connection ended. */
  ended(now: number): void;
}

export interface Backoff {
  /** Milliseconds until the next start is allowed; 0 for now. */
  waitMs(now: number): number;
  started(now: number): Start;
  /** The owner wants it started now. */
  forget(): void;
  /** True from a failure to the next answer. */
  readonly failing: boolean;
}

/** @param random a number from 0 to 1 */
export function createBackoff(random: () => number = Math.random): Backoff {
  /** Starts of the last minute that have not answered. */
  let starts: { at: number }[] = [];
  let failures = 0;
  let notBefore = 0;
  return {
    get failing() {
      return failures > 0;
    },
    waitMs(now) {
      if (failures === 0) return 0;
      starts = starts.filter(({ at }) => now - at < WINDOW_MS);
      const tenth = starts.at(-STARTS_PER_WINDOW);
      const full = tenth === undefined ? 0 : tenth.at + WINDOW_MS - now;
      return Math.max(0, full, notBefore - now);
    },
    forget() {
      starts = [];
      failures = 0;
      notBefore = 0;
    },
    started(now) {
      const own = { at: now };
      starts.push(own);
      // Only the window of a server that fails is ever asked for.
      if (starts.length > 1000) starts = starts.slice(-STARTS_PER_WINDOW);
      let good = false;
      let over = false;
      const prove = (): void => {
        if (good) return;
        good = true;
        failures = 0;
        starts = starts.filter((start) => start !== own);
      };
      return {
        answered: prove,
        get isAnswered() {
          return good;
        },
        ended(at) {
          if (over) return;
          over = true;
          if (at - now >= STABLE_MS) prove();
          if (good) return;
          failures++;
          const step = failures - FREE_FAILURES;
          const delay = step < 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** step, LONGEST_DELAY_MS);
          notBefore = at + delay * (1 - JITTER * random());
        },
      };
    },
  };
}
