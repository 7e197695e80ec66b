/** Past calls counted in groups. */
import { createHistogram, type Histogram, observe, quantile } from '../../observe/histogram.ts';
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
  /** Time of the newest record, ISO 8601. */
  readonly last: string;
}

interface Group {
  readonly names: readonly (string | null)[];
  calls: number;
  denied: number;
  errors: number;
  readonly durations: Histogram;
  last: string;
}

/** Counts calls; most calls first, days in their order. What is no call does not count, refusals that were folded do. */
export function callStatistics(records: Iterable<PastRecord>, by: Grouping): GroupCounts[] {
  const groups = new Map<string, Group>();
  for (const record of records) {
    for (const { names, count } of groupsOf(record, by)) {
      const key = JSON.stringify(names);
      let group = groups.get(key);
      if (group === undefined) {
        group = { names, calls: 0, denied: 0, errors: 0, durations: createHistogram(), last: record.timestamp };
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

function add(group: Group, record: PastRecord, count: number): void {
  group.calls += count;
  if (record.decision === 'DENY') group.denied += count;
  else if (record.decision === 'ERROR') group.errors += count;
  if (record.decision !== 'DENY' && !record.isOpen) observe(group.durations, record.latency_ms);
  if (record.timestamp > group.last) group.last = record.timestamp;
}

function countsOf({ names, calls, denied, errors, durations, last }: Group): GroupCounts {
  const at = (share: number): number | null => (durations.count === 0 ? null : rounded(quantile(durations, share)));
  return { group: names, calls, denied, errors, p50_ms: at(0.5), p95_ms: at(0.95), last };
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

function byName({ group: one }: GroupCounts, { group: other }: GroupCounts): number {
  const [a, b] = [one.join('\n'), other.join('\n')];
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Share {
  readonly names: readonly (string | null)[];
  readonly count: number;
}

function groupsOf(record: PastRecord, by: Grouping): readonly Share[] {
  if (record.operation === FOLDED) return foldedGroups(record, by);
  if (EVENTS.has(record.operation)) return [];
  return [{ names: namesOf(record, by), count: 1 }];
}

function namesOf(record: PastRecord, by: Grouping): readonly (string | null)[] {
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

/** One record stands for many refusals. */
const FOLDED = 'refusals';
/** Records that are no calls. */
const EVENTS: ReadonlySet<string> = new Set([
  'log_continued',
  'log_pruned',
  'definitions_changed',
  'definitions_accepted',
]);

/** The content of the record of folded refusals: all codes and rules with their counts, and what was asked for most often. */
function foldedGroups(record: PastRecord, by: Grouping): readonly Share[] {
  const { detail = {} } = record;
  const total = typeof detail['count'] === 'number' ? detail['count'] : 1;
  const counts = by === 'code' ? detail['codes'] : by === 'rule' ? detail['rules'] : undefined;
  if (typeof counts !== 'object' || counts === null)
    return [{ names: namesOf({ ...record, tool: null }, by), count: total }];
  const shares = Object.entries(counts)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, count]) => ({ names: [name], count }));
  const rest = total - shares.reduce((sum, { count }) => sum + count, 0);
  return rest > 0 ? [...shares, { names: [null], count: rest }] : shares;
}
