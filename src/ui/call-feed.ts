/** Calls as they end, for a page that shows them: the newest few of each moment, and how many there were besides. */
import { LogFollower } from '../audit/query/follow-log.ts';
import { readRecord } from '../audit/query/log-record.ts';
import type { Feed } from './api.ts';

/** Milliseconds between two looks at the log. */
const EVERY_MS = 250;
/** Calls of one look that are sent. */
const MOST = 20;
const DECIDED = Buffer.from('"phase":"decided"');

/** Tells what happens until it is ended. A page that does not read misses some of it. */
export function followCalls(log: string, send: (feed: Feed) => boolean): () => void {
  const follower = new LogFollower(log);
  const timer = setInterval(() => {
    const feed = newest(follower);
    if (feed !== undefined) send(feed);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    follower.close();
  };
}

function newest(follower: LogFollower): Feed | undefined {
  let lines: readonly Buffer[];
  try {
    lines = follower.read().filter((line) => !line.includes(DECIDED));
  } catch {
    // The folder of the log is gone; it may come back.
    return undefined;
  }
  if (lines.length === 0) return undefined;
  const calls = lines.slice(-MOST).flatMap((line) => readRecord(line) ?? []);
  return { calls: calls.reverse(), skipped: lines.length - calls.length };
}
