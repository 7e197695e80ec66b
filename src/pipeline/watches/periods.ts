/** The periods of budgets, in UTC. Pure. */
import type { Budget } from '../../config/snapshot.ts';

export interface Period {
  /** Names this one among all: part of a file name. */
  readonly name: string;
  readonly word: Budget['per'];
  /** Milliseconds since 1970 at which the next one begins. */
  readonly endsAt: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** @param at milliseconds since 1970. Weeks begin on Monday. */
export function periodAt(per: Budget['per'], at: number): Period {
  const [startsAt, endsAt] = boundsOf(per, at);
  return { name: `${per}-${new Date(startsAt).toISOString().slice(0, 13)}`, word: per, endsAt };
}

function boundsOf(per: Budget['per'], at: number): readonly [start: number, end: number] {
  if (per === 'month') {
    const date = new Date(at);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return [Date.UTC(year, month), Date.UTC(year, month + 1)];
  }
  const length = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }[per];
  // 1970 began on a Thursday.
  const offset = per === 'week' ? 4 * DAY_MS : 0;
  const start = Math.floor((at - offset) / length) * length + offset;
  return [start, start + length];
}
