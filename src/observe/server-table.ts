/** Calls that went to servers, counted per server, with the parts of their durations apart. */
import { type CallDurations, mergeDurations, noDurations, observeDurations } from './call-durations.ts';
import { OTHER } from './call-series.ts';
import type { CallTimes } from './call-times.ts';
import { type Histogram, quantile } from './histogram.ts';

/** Servers beyond this many are counted as one. */
const MAX_SERVERS = 512;

/** The calls that were sent to one server, or should have been. Plain data. */
export interface ServerCalls extends CallDurations {
  /** By error code. */
  readonly errors: Map<string, number>;
  /** The time at which the last call ended, in milliseconds since this process started or since 1970; that of the last failure likewise. */
  lastAt: number;
  lastError: { readonly code: string; readonly at: number } | undefined;
}

interface ServerTable {
  /**
   * Counts one call.
   * @param at when it ended, as `performance.now()` says.
   * @param ms how long it took, with all parts.
   * @param errorCode null for a success.
   */
  record(server: string, at: number, ms: number, times: CallTimes, errorCode: string | null): void;
  /** By the name of the server; times since 1970. */
  all(): Map<string, ServerCalls>;
}

export function createServerTable(): ServerTable {
  const table = new Map<string, ServerCalls>();
  const make = (server: string): ServerCalls => {
    const name = table.size < MAX_SERVERS ? server : OTHER;
    const existing = table.get(name);
    if (existing !== undefined) return existing;
    const made = noCalls();
    table.set(name, made);
    return made;
  };
  return {
    record(server, at, ms, times, errorCode) {
      const calls = table.get(server) ?? make(server);
      observeDurations(calls, ms, times);
      calls.lastAt = at;
      if (errorCode === null) return;
      calls.errors.set(errorCode, (calls.errors.get(errorCode) ?? 0) + 1);
      calls.lastError = { code: errorCode, at };
    },
    all() {
      // By the clock of now: one that was set right meanwhile was wrong before.
      const since1970 = Date.now() - performance.now();
      return new Map(
        Array.from(table, ([name, { lastAt, lastError, ...rest }]) => [
          name,
          {
            ...rest,
            lastAt: lastAt + since1970,
            lastError: lastError && { code: lastError.code, at: lastError.at + since1970 },
          },
        ]),
      );
    },
  };
}

function noCalls(): ServerCalls {
  return { ...noDurations(), errors: new Map(), lastAt: 0, lastError: undefined };
}

/** The calls of several processes to the same servers. */
export function serversTogether(
  processes: readonly ReadonlyMap<string, ServerCalls>[],
): ReadonlyMap<string, ServerCalls> {
  const [only, ...others] = processes;
  if (only !== undefined && others.length === 0) return only;
  const all = new Map<string, ServerCalls>();
  for (const [name, calls] of processes.flatMap((one) => [...one])) {
    const sum = all.get(name) ?? noCalls();
    all.set(name, sum);
    mergeDurations(sum, calls);
    for (const [code, count] of calls.errors) sum.errors.set(code, (sum.errors.get(code) ?? 0) + count);
    sum.lastAt = Math.max(sum.lastAt, calls.lastAt);
    const { lastError } = calls;
    if (lastError !== undefined && lastError.at > (sum.lastError?.at ?? 0)) sum.lastError = lastError;
  }
  return all;
}

/** The calls of a server since the gateway started, for people and programs. Milliseconds, to within 2.2 % or one microsecond. */
export interface ServerFigures {
  readonly calls: number;
  readonly errors: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** The 95th percentile of each part of that time. */
  readonly queue_p95_ms: number;
  readonly server_p95_ms: number;
  readonly gateway_p95_ms: number;
  /** ISO 8601. */
  readonly last_use: string;
  readonly last_error_code?: string;
  readonly last_error_at?: string;
}

export function figuresOf({ whole, queue, server, gateway, errors, lastAt, lastError }: ServerCalls): ServerFigures {
  const at = (part: Histogram, share: number): number => Math.round(quantile(part, share) * 1000) / 1000;
  return {
    calls: whole.count,
    errors: [...errors.values()].reduce((sum, count) => sum + count, 0),
    p50_ms: at(whole, 0.5),
    p95_ms: at(whole, 0.95),
    queue_p95_ms: at(queue, 0.95),
    server_p95_ms: at(server, 0.95),
    gateway_p95_ms: at(gateway, 0.95),
    last_use: new Date(lastAt).toISOString(),
    ...(lastError && { last_error_code: lastError.code, last_error_at: new Date(lastError.at).toISOString() }),
  };
}
