/** When a server may be started again: never forbidden for good, never more than ten times a minute. */

const WINDOW_MS = 60_000;
const STARTS_PER_WINDOW = 10;
/** Failures in a row that cost no waiting. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lived this long was no failure. */
const RAPID_MS = 5000;

export interface Backoff {
  /** Milliseconds until the next start is allowed; 0 for now. */
  waitMs(now: number): number;
  started(now: number): void;
  failed(now: number): void;
  /** A connection ended that was made at `since`. */
  ended(since: number, now: number): void;
}

export function createBackoff(): Backoff {
  let starts: number[] = [];
  let failures = 0;
  let lastFailure = 0;
  const fail = (now: number): void => {
    failures++;
    lastFailure = now;
  };
  return {
    waitMs(now) {
      starts = starts.filter((at) => now - at < WINDOW_MS);
      const oldest = starts[0];
      const full = oldest !== undefined && starts.length >= STARTS_PER_WINDOW ? oldest + WINDOW_MS - now : 0;
      const over = failures - FREE_FAILURES;
      const delay = over < 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** over, LONGEST_DELAY_MS);
      return Math.max(0, full, delay === 0 ? 0 : lastFailure + delay - now);
    },
    started(now) {
      starts.push(now);
    },
    failed: fail,
    ended(since, now) {
      if (now - since < RAPID_MS) fail(now);
      else failures = 0;
    },
  };
}
