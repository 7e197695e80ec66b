/** Warnings that a misbehaving server cannot turn into a flood. */
import type { Log } from './contract.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 5;
/** Sentences that are remembered: some hold what the server said. */
const MAX_SENTENCES = 1000;

export type Warn = (what: string, fields?: Record<string, unknown>) => void;

/** Warns about one server: at most five times a minute for each sentence. */
export function createWarnings(log: Log, server: string, now: () => number = () => performance.now()): Warn {
  const windows = new Map<string, { since: number; count: number }>();
  return (what, fields = {}) => {
    const at = now();
    const window = windows.get(what);
    if (window === undefined || at - window.since >= WINDOW_MS) {
      if (windows.size >= MAX_SENTENCES) windows.clear();
      windows.set(what, { since: at, count: 1 });
    } else if (++window.count > PER_WINDOW) {
      return;
    }
    log.warn({ server, ...fields }, what);
  };
}
