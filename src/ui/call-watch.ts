/**
 * Calls as they end, for all who look at one log: the newest few of each moment, and the figures of the last hour. The log is read on
 * while somebody looks, so that what a look costs does not depend on how long the hour was.
 */
import { LogFollower } from '../audit/query/follow-log.ts';
import { readRecord } from '../audit/query/log-record.ts';
import { type PastRecord, recentCalls } from '../audit/query/recent-calls.ts';
import type { Feed, LastHour } from './api.ts';
import { HourFigures } from './hour-figures.ts';

/** Milliseconds between two looks at the log. */
const EVERY_MS = 250;
/** Calls of one look that are sent. */
const MOST = 20;
/** Milliseconds after which nobody looks any more who did not say so. */
const IDLE_MS = 30_000;
/** Calls of the past that are counted at most when somebody begins to look. */
const MAX_PAST = 300_000;
const HOUR_MS = 3_600_000;
const DECIDED = Buffer.from('"phase":"decided"');

type Send = (feed: Feed) => boolean;

interface Watching {
  readonly follower: LogFollower;
  readonly timer: NodeJS.Timeout;
  readonly figures: HourFigures;
}

export class CallWatch {
  readonly #log: string;
  readonly #followed = new Set<Send>();
  #watching: Watching | undefined;
  #lookedAt = 0;

  constructor(log: string) {
    this.#log = log;
  }

  /** Tells what happens until it is ended. @param send whoever does not read misses some of it */
  follow(send: Send): () => void {
    this.#watching ??= this.#begin();
    this.#followed.add(send);
    return () => void this.#followed.delete(send);
  }

  /** @param now milliseconds since 1970 */
  lastHour(now: number = Date.now()): LastHour {
    this.#lookedAt = performance.now();
    this.#watching ??= this.#begin();
    this.#read(this.#watching);
    return this.#watching.figures.at(now);
  }

  close(): void {
    const watching = this.#watching;
    this.#watching = undefined;
    clearInterval(watching?.timer);
    watching?.follower.close();
  }

  #begin(): Watching {
    const now = Date.now();
    // It begins before the past is read: nothing falls in between.
    const follower = new LogFollower(this.#log);
    const figures = new HourFigures(now);
    let count = 0;
    for (const call of pastCalls(this.#log, now)) {
      figures.add(call);
      if (++count === MAX_PAST) {
        figures.reachesTo(Date.parse(call.timestamp));
        break;
      }
    }
    const timer = setInterval(() => this.#look(), EVERY_MS).unref();
    return { follower, figures, timer };
  }

  #look(): void {
    const watching = this.#watching;
    if (watching === undefined) return;
    if (this.#followed.size === 0 && performance.now() - this.#lookedAt > IDLE_MS) this.close();
    else this.#read(watching);
  }

  #read({ follower, figures }: Watching): void {
    let lines: readonly Buffer[];
    try {
      lines = follower.read().filter((line) => !line.includes(DECIDED));
    } catch {
      // The folder of the log is gone; it may come back.
      return;
    }
    if (lines.length === 0) return;
    const calls = lines.flatMap((line) => readRecord(line) ?? []);
    for (const call of calls) figures.add(call);
    const feed: Feed = { calls: calls.slice(-MOST).reverse(), skipped: Math.max(0, calls.length - MOST) };
    for (const send of this.#followed) send(feed);
  }
}

function* pastCalls(log: string, now: number): Generator<PastRecord> {
  try {
    yield* recentCalls(log, { since: now - HOUR_MS, until: now });
  } catch (error) {
    // Nothing was ever recorded.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
