/** Past calls counted in groups. */
import { type CallDurations, noDurations } from '../../observe/call-durations.ts';
import { type Histogram, quantile } from '../../observe/histogram.ts';
import { type CallCell, FOLDED, foldedCount, isEvent, mergeCell, numbersIn, observeCall } from './call-cell.ts';
import type { PastRecord } from './recent-calls.ts';

export type Grouping = 'agent' | 'server' | 'tool' | 'rule' | 'code' | 'day';

export interface GroupCounts {
  /** Names of the group: two for a tool, whose server comes first. Null for records that name none. */
  readonly group: readonly (string | null)[];
  readonly calls: number;
  readonly denied: number;
  readonly errors: number;
  /** Milliseconds, to within 2.5 %, of the calls that were let through and have ended; null where there are none. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  /** The 95th percentile of each part of that time, of calls that were sent to a server. */
  readonly queue_p95_ms: number | null;
  readonly server_p95_ms: number | null;
  readonly gateway_p95_ms: number | null;
  /** Estimated tokens of what agents read. */
  readonly tokens: number;
  /** Time of the newest record, ISO 8601. */
  readonly last: string;
}

interface Group {
  readonly names: readonly (string | null)[];
  calls: number;
  denied: number;
  errors: number;
  tokens: number;
  readonly durations: CallDurations;
  last: string;
}

/** A call, or many that were counted before. */
export type Counted = PastRecord | CallCell;

/** Counts calls; most calls first, days in their order. What is no call does not count, refusals that were folded do. */
export function callStatistics(records: Iterable<Counted>, by: Grouping): GroupCounts[] {
  const groups = new Map<string, Group>();
  for (const record of records) {
    for (const { names, count } of groupsOf(record, by)) {
      const key = JSON.stringify(names);
      let group = groups.get(key);
      if (group === undefined) {
        const none = { calls: 0, denied: 0, errors: 0, tokens: 0 };
        group = { names, ...none, durations: noDurations(), last: record.timestamp };
        groups.set(key, group);
      }
      add(group, record, count);
    }
  }
  const counts = [...groups.values()].map(countsOf);
  return by === 'day'
    ? counts.sort(byName)
    : counts.sort((one, other) => other.calls - one.calls || byName(one, other));
}

function add(group: Group, record: Counted, count: number): void {
  group.calls += count;
  group.tokens += record.tokens ?? 0;
  if (record.decision === 'DENY') group.denied += count;
  else if (record.decision === 'ERROR') group.errors += count;
  if ('calls' in record) mergeCell(group.durations, record);
  else if (record.decision !== 'DENY' && !record.isOpen) observeCall(group.durations, record);
  if (record.timestamp > group.last) group.last = record.timestamp;
}

function countsOf({ names, durations: { whole, queue, server, gateway }, ...counts }: Group): GroupCounts {
  const { calls, denied, errors, tokens, last } = counts;
  const at = (part: Histogram, share: number): number | null =>
    part.count === 0 ? null : Number(quantile(part, share).toPrecision(3));
  return {
    ...{ group: names, calls, denied, errors },
    p50_ms: at(whole, 0.5),
    p95_ms: at(whole, 0.95),
    queue_p95_ms: at(queue, 0.95),
    server_p95_ms: at(server, 0.95),
    gateway_p95_ms: at(gateway, 0.95),
    tokens,
    last,
  };
}

function byName({ group: one }: GroupCounts, { group: other }: GroupCounts): number {
  const [a, b] = [one.join('\n'), other.join('\n')];
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Share {
  readonly names: readonly (string | null)[];
  readonly count: number;
}

function groupsOf(record: Counted, by: Grouping): readonly Share[] {
  if (record.operation === FOLDED) return foldedGroups(record, by);
  if (isEvent(record)) return [];
  return [{ names: namesOf(record, by), count: 'calls' in record ? record.calls : 1 }];
}

function namesOf(record: Counted, by: Grouping): readonly (string | null)[] {
  switch (by) {
    case 'agent':
      return [record.agent_id];
    case 'server':
      return [record.server];
    case 'tool':
      return [record.server, record.tool ?? record.operation];
    case 'rule':
      return [record.rule];
    case 'code':
      return [record.error_code];
    case 'day':
      return [record.timestamp.slice(0, 10)];
  }
}

/** The content of the record of folded refusals: all codes and rules with their counts, and what was asked for most often. */
function foldedGroups(record: Counted, by: Grouping): readonly Share[] {
  const { detail } = record;
  const total = foldedCount(detail);
  const counts = numbersIn(by === 'code' ? detail?.['codes'] : by === 'rule' ? detail?.['rules'] : undefined);
  if (counts === undefined) return [{ names: namesOf({ ...record, tool: null }, by), count: total }];
  const shares = counts.map(([name, count]) => ({ names: [name], count }));
  const rest = total - shares.reduce((sum, { count }) => sum + count, 0);
  return rest > 0 ? [...shares, { names: [null], count: rest }] : shares;
}
