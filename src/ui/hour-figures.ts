/** The calls of the last hour, counted by the minute and by server. */
import { FOLDED, foldedCount, isEvent } from '../audit/query/call-cell.ts';
import type { LogRecord } from '../audit/query/log-record.ts';
import { createHistogram, type Histogram, merge, observe, quantile } from '../observe/histogram.ts';
import type { CallCounts, LastHour } from './api.ts';

const MINUTE_MS = 60_000;
const MINUTES = 60;

interface Counts extends CallCounts {
  calls: number;
  denied: number;
  errors: number;
}

interface Cell {
  readonly counts: Counts;
  /** Milliseconds, of calls that were let through. */
  readonly durations: Histogram;
}

type Call = Pick<LogRecord, 'timestamp' | 'operation' | 'decision' | 'server' | 'latency_ms' | 'detail'> & {
  readonly isOpen?: boolean;
};

export class HourFigures {
  /** By minute since 1970, and server; `null` where the call named none. */
  readonly #minutes = new Map<number, Map<string | null, Cell>>();
  #since: number;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#since = now - MINUTES * MINUTE_MS;
  }

  /** Notes that records before that moment are not counted. */
  reachesTo(moment: number): void {
    this.#since = moment;
  }

  add(call: Call): void {
    if (isEvent(call)) return;
    const minute = Math.floor(Date.parse(call.timestamp) / MINUTE_MS);
    if (Number.isNaN(minute)) return;
    const { counts, durations } = this.#cell(minute, call.server);
    const count = call.operation === FOLDED ? foldedCount(call.detail) : 1;
    counts.calls += count;
    if (call.decision === 'DENY') counts.denied += count;
    else {
      if (call.decision === 'ERROR') counts.errors += count;
      if (call.isOpen !== true) observe(durations, call.latency_ms);
    }
  }

  /** @param now milliseconds since 1970 */
  at(now: number): LastHour {
    const last = Math.floor(now / MINUTE_MS);
    for (const minute of this.#minutes.keys()) if (minute <= last - MINUTES) this.#minutes.delete(minute);
    const minutes = Array.from({ length: MINUTES }, (_, at) => sum(this.#minutes.get(last - MINUTES + 1 + at)));
    const servers = new Map<string | null, Cell>();
    for (const cells of this.#minutes.values()) {
      for (const [server, cell] of cells) {
        const whole = servers.get(server) ?? noCell();
        servers.set(server, whole);
        add(whole.counts, cell.counts);
        merge(whole.durations, cell.durations);
      }
    }
    const rows = [...servers].map(([server, { counts, durations }]) => {
      const at = (share: number): number | null =>
        durations.count === 0 ? null : Number(quantile(durations, share).toPrecision(3));
      return { server, ...counts, p50_ms: at(0.5), p95_ms: at(0.95) };
    });
    const since = Math.max(this.#since, (last - MINUTES + 1) * MINUTE_MS);
    return { since: new Date(since).toISOString(), minutes, servers: rows };
  }

  #cell(minute: number, server: string | null): Cell {
    const cells = this.#minutes.get(minute) ?? new Map<string | null, Cell>();
    this.#minutes.set(minute, cells);
    const cell = cells.get(server) ?? noCell();
    cells.set(server, cell);
    return cell;
  }
}

function noCell(): Cell {
  return { counts: { calls: 0, denied: 0, errors: 0 }, durations: createHistogram() };
}

function sum(cells: ReadonlyMap<string | null, Cell> | undefined): CallCounts {
  const all: Counts = { calls: 0, denied: 0, errors: 0 };
  for (const { counts } of cells?.values() ?? []) add(all, counts);
  return all;
}

function add(one: Counts, other: CallCounts): void {
  one.calls += other.calls;
  one.denied += other.denied;
  one.errors += other.errors;
}
