/** Calls as they end, for a page that shows them: the newest few of each moment, and how many there were besides. */
import type { ServerResponse } from 'node:http';
import { LogFollower } from '../audit/query/follow-log.ts';
import { readRecord } from '../audit/query/log-record.ts';
import type { Feed } from './api.ts';
import { openLines } from './ui-server.ts';

/** Milliseconds between two looks at the log. */
const EVERY_MS = 250;
/** Calls of one look that are sent. */
const MOST = 20;
const DECIDED = Buffer.from('"phase":"decided"');

/** Answers with what happens until the page goes away. */
export function sendFeed(log: string, response: ServerResponse): void {
  const follower = new LogFollower(log);
  openLines(response);
  const timer = setInterval(() => {
    const feed = newest(follower);
    // A page that does not read is told the newest once it does.
    if (feed !== undefined && !response.writableNeedDrain) response.write(`${JSON.stringify(feed)}\n`);
  }, EVERY_MS);
  response.once('close', () => {
    clearInterval(timer);
    follower.close();
  });
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
