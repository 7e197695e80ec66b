/** Calls of one day that are alike in all that calls are chosen and grouped by, counted. */
import { type CallDurations, noDurations, observeDurations } from '../../observe/call-durations.ts';
import { mergeSparse, sparse } from '../../observe/histogram.ts';
import type { LogRecord } from './log-record.ts';

/** The properties by which calls are chosen and grouped, besides their time. */
export type CallNames = Pick<
  LogRecord,
  'operation' | 'decision' | 'principal' | 'agent_id' | 'server' | 'tool' | 'rule' | 'error_code'
>;

/** Plain data. Histograms are pairs of numbers, as `sparse` gives them. */
export interface CallCell extends CallNames {
  /** Times of the first and the last record, ISO 8601. */
  readonly first: string;
  readonly timestamp: string;
  readonly calls: number;
  /** Estimated tokens of what agents read. */
  readonly tokens: number;
  readonly whole: readonly number[];
  readonly queue: readonly number[];
  readonly server_time: readonly number[];
  readonly gateway: readonly number[];
  /** Of refusals that were recorded together: their codes and rules, added up. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

type Timed = Pick<LogRecord, 'latency_ms' | 'queue_ms' | 'server_ms' | 'people_ms'>;

/** Adds the durations of a call, and of its parts as far as they were recorded. */
export function observeCall(durations: CallDurations, { latency_ms, queue_ms, server_ms, people_ms = 0 }: Timed): void {
  const isParted = queue_ms !== undefined && server_ms !== undefined;
  const times = isParted ? { queue: queue_ms, server: server_ms, people: people_ms } : undefined;
  observeDurations(durations, latency_ms, times);
}

export function mergeCell(durations: CallDurations, { whole, queue, server_time, gateway }: CallCell): void {
  mergeSparse(durations.whole, whole);
  mergeSparse(durations.queue, queue);
  mergeSparse(durations.server, server_time);
  mergeSparse(durations.gateway, gateway);
}

/** One record stands for many refusals. */
export const FOLDED = 'refusals';

/** Records that are no calls. */
const EVENTS: ReadonlySet<string> = new Set([
  'log_continued',
  'log_pruned',
  'definitions_changed',
  'definitions_accepted',
  'approval_asked',
  'approval_answered',
  'approval_expired',
  'flow_reset',
]);

/** True for the record of something that is no call. */
export function isEvent({ operation }: Pick<CallNames, 'operation'>): boolean {
  return EVENTS.has(operation);
}

/** A cell that grows. */
export class GrowingCell {
  readonly #names: CallNames;
  readonly #durations = noDurations();
  /** Of refusals that were recorded together, where their records say so. */
  readonly #folded: readonly (readonly [key: 'codes' | 'rules', counts: Map<string, number>])[];
  #first: string;
  #last: string;
  #calls = 0;
  #tokens = 0;

  /** @param record the first one; it is not counted yet */
  constructor(record: LogRecord) {
    const { operation, decision, principal, agent_id, server, tool, rule, error_code, timestamp } = record;
    this.#names = { operation, decision, principal, agent_id, server, tool, rule, error_code };
    this.#first = timestamp;
    this.#last = timestamp;
    const isCounted = (key: 'codes' | 'rules'): boolean => numbersIn(record.detail?.[key]) !== undefined;
    this.#folded = (['codes', 'rules'] as const).filter(isCounted).map((key) => [key, new Map()] as const);
  }

  /** Tells apart what is alike in all names and cannot be one cell. */
  static key(record: LogRecord): string {
    const { operation, decision, principal, agent_id, server, tool, rule, error_code, timestamp, detail } = record;
    const folded = operation === FOLDED ? ['codes', 'rules'].map((key) => numbersIn(detail?.[key]) !== undefined) : [];
    const day = timestamp.slice(0, 10);
    return JSON.stringify([day, operation, decision, principal, agent_id, server, tool, rule, error_code, ...folded]);
  }

  /** Counts a call that is over. */
  add(record: LogRecord): void {
    const { timestamp, decision, tokens = 0, detail, operation } = record;
    if (timestamp < this.#first) this.#first = timestamp;
    if (timestamp > this.#last) this.#last = timestamp;
    this.#tokens += tokens;
    if (decision !== 'DENY') observeCall(this.#durations, record);
    if (operation !== FOLDED) {
      this.#calls++;
      return;
    }
    this.#calls += foldedCount(detail);
    for (const [key, counts] of this.#folded) {
      for (const [name, count] of numbersIn(detail?.[key]) ?? []) counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }

  cell(): CallCell {
    const { whole, queue, server, gateway } = this.#durations;
    const folded = this.#folded.map(([key, counts]) => [key, Object.fromEntries(counts)]);
    return {
      ...this.#names,
      first: this.#first,
      timestamp: this.#last,
      calls: this.#calls,
      tokens: this.#tokens,
      whole: sparse(whole),
      queue: sparse(queue),
      server_time: sparse(server),
      gateway: sparse(gateway),
      ...(this.#names.operation === FOLDED ? { detail: { count: this.#calls, ...Object.fromEntries(folded) } } : {}),
    };
  }
}

/** The number of refusals that the record of folded ones stands for. */
export function foldedCount(detail: LogRecord['detail']): number {
  const count = detail?.['count'];
  return typeof count === 'number' ? count : 1;
}

/** Names and their counts; undefined for what is none. */
export function numbersIn(counts: unknown): [string, number][] | undefined {
  if (typeof counts !== 'object' || counts === null) return undefined;
  return Object.entries(counts).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}
