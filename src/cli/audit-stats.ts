/** Runs `audit stats`: past calls counted in groups. */
import { callStatistics, type GroupCounts, type Grouping } from '../audit/query/call-statistics.ts';
import type { RecordQuery } from '../audit/query/record-filter.ts';
import { countedCalls } from '../audit/summaries/counted-calls.ts';
import { print, printJson, say } from './output.ts';
import { readingLog } from './past-log.ts';
import { shownMs, shownTime } from './shown-values.ts';
import { table } from './table.ts';

/** @throws GatewayError USAGE where the log cannot be read */
export function statsCommand(log: string, query: RecordQuery, by: Grouping, json: boolean): void {
  const groups = readingLog(log, () => callStatistics(countedCalls(log, query), by));
  if (json) printJson(groups.map(({ group, ...counts }) => ({ ...named(by, group), ...counts })));
  else if (groups.length === 0) say('No call matches.');
  else printGroups(groups, by);
}

function printGroups(groups: readonly GroupCounts[], by: Grouping): void {
  const head = [...(by === 'tool' ? ['server', 'tool'] : [by]), 'calls', 'denied', 'errors', 'p50', 'p95'];
  head.push('queue', 'serving', 'gateway', 'tokens', 'last');
  const [first = '', ...rest] = table([head, ...groups.map(cells)]);
  print({ style: '1', text: first });
  for (const line of rest) print(line);
}

function named(by: Grouping, group: GroupCounts['group']): object {
  return by === 'tool' ? { server: group[0], tool: group[1] } : { [by]: group[0] };
}

function cells(counts: GroupCounts): string[] {
  const { group, calls, denied, errors, tokens, last } = counts;
  const { p50_ms, p95_ms, queue_p95_ms, server_p95_ms, gateway_p95_ms } = counts;
  return [
    ...group.map((name) => name ?? '-'),
    ...[calls, denied, errors].map(String),
    ...[p50_ms, p95_ms, queue_p95_ms, server_p95_ms, gateway_p95_ms].map(shownMs),
    String(tokens),
    shownTime(last),
  ];
}
