/** Runs `audit show`: past calls, the newest first, or calls as they happen. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { LogFollower } from '../audit/query/follow-log.ts';
import { readRecord } from '../audit/query/log-record.ts';
import { type PastRecord, recentCalls, recordsOf } from '../audit/query/recent-calls.ts';
import { compileFilter, type RecordQuery } from '../audit/query/record-filter.ts';
import { quote } from '../config/quote-name.ts';
import { csvLine } from '../observe/csv.ts';
import { GatewayError } from '../shared/errors.ts';
import { print, printJson, printText } from './output.ts';
import { readingLog } from './past-log.ts';
import { shownTime } from './shown-values.ts';
import { table } from './table.ts';

interface ShowOptions {
  readonly query: RecordQuery;
  /** Most calls of the past that are shown; undefined for all. */
  readonly limit: number | undefined;
  readonly follow: boolean;
  readonly form: 'text' | 'json' | 'csv';
}

/** Rows whose columns are as wide as each other. */
const ROWS = 500;
/** Milliseconds after which a log is read on where the system does not tell of changes. */
const POLL_MS = 250;

/**
 * Prints what matches. With `follow` it goes on until the process is ended.
 * @throws GatewayError USAGE where the log cannot be read
 */
export async function showCommand(log: string, options: ShowOptions): Promise<void> {
  const { query, limit, follow, form } = options;
  const follower = follow ? new LogFollower(log) : undefined;
  // A gateway that starts later makes the log.
  const isWaiting = follow && !existsSync(log);
  const calls = readingLog(log, () => firstOf(isWaiting ? [] : recentCalls(log, query), limit));
  if (follower === undefined && form === 'json') return printJson(calls);
  printHead(form);
  if (follower === undefined) return printRows(calls, form);
  printRows(calls.reverse(), form);
  const shown = new Set(calls.map(({ request_id }) => request_id));
  const { matches } = compileFilter(query);
  for await (const lines of newLines(log, follower)) {
    const records = lines.flatMap((line) => readRecord(line) ?? []);
    const ended = records.filter((record) => record.phase === 'finished' && matches(record));
    printRows(
      ended
        .filter(({ request_id: id }) => id === '' || !shown.delete(id))
        .map((record) => ({ ...record, isOpen: false })),
      form,
    );
  }
}

/**
 * Prints all records of one request.
 * @throws GatewayError USAGE where there are none, or the log cannot be read
 */
export function showRequest(log: string, request: string, form: ShowOptions['form']): void {
  const records = readingLog(log, () => recordsOf(log, request));
  if (records.length === 0) throw new GatewayError('USAGE', `The audit log ${log} has no request ${quote(request)}.`);
  if (form === 'json') printJson(records);
  else if (form === 'csv') {
    printHead(form);
    for (const record of records) printRows([{ ...record, isOpen: false }], form);
  } else {
    for (const record of records) {
      for (const line of table(Object.entries(record).map(([key, value]) => [key, asText(value)]))) print(line);
      if (record !== records.at(-1)) print('');
    }
  }
}

function firstOf(calls: Iterable<PastRecord>, limit: number | undefined): PastRecord[] {
  const first: PastRecord[] = [];
  if (limit === 0) return first;
  for (const call of calls) {
    first.push(call);
    if (first.length === limit) break;
  }
  return first;
}

/** The records from now on; never ends. */
async function* newLines(log: string, follower: LogFollower): AsyncGenerator<readonly Buffer[]> {
  let wake = (): void => undefined;
  const watcher = watched(log, () => wake());
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const lines = readingLog(log, () => follower.read());
      if (lines.length > 0) yield lines;
      const timer = setTimeout(wake, POLL_MS);
      await woken;
      clearTimeout(timer);
    }
  } finally {
    watcher?.close();
    follower.close();
  }
}

/** @returns undefined where the system cannot watch it: the log is read all the same, later. */
function watched(log: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(dirname(log), { persistent: false }, changed).on('error', () => undefined);
  } catch {
    return undefined;
  }
}

const COLUMNS = [
  ...['timestamp', 'decision', 'agent', 'principal', 'server', 'tool', 'operation', 'latency_ms'],
  ...['rule', 'error_code', 'shadow', 'request_id'],
];

function printHead(form: ShowOptions['form']): void {
  if (form === 'csv') printText(csvLine(COLUMNS));
}

function printRows(calls: readonly PastRecord[], form: ShowOptions['form']): void {
  if (form === 'json') for (const call of calls) print(JSON.stringify(call));
  if (form === 'csv') for (const call of calls) printText(csvLine(csvCells(call)));
  if (form !== 'text') return;
  for (let from = 0; from < calls.length; from += ROWS) {
    const rows = calls.slice(from, from + ROWS);
    for (const [at, line] of table(rows.map(cells)).entries()) {
      const word = wordOf(rows[at]);
      print({ style: STYLES.get(word) ?? '0', text: word.padEnd(5) }, `  ${line.trimEnd()}`);
    }
  }
}

/** Styles of ECMA-48: green, red, yellow, blue. */
const STYLES: ReadonlyMap<string, string> = new Map([
  ['ALLOW', '32'],
  ['DENY', '31'],
  ['ERROR', '33'],
  ['OPEN', '34'],
]);

function wordOf(call: PastRecord | undefined): string {
  return call === undefined ? '' : call.isOpen ? 'OPEN' : call.decision;
}

function cells(call: PastRecord): string[] {
  const { timestamp, agent_id, server, tool, operation, latency_ms, request_id } = call;
  const what = tool ?? operation;
  return [
    shownTime(timestamp),
    agent_id ?? '-',
    server ?? '-',
    what,
    `${Math.round(latency_ms)} ms`,
    request_id,
    why(call),
  ];
}

/** Explains the decision, where somebody may want to know. */
function why({ isOpen, decision, rule, error_code, shadow, operation, detail }: PastRecord): string {
  if (isOpen) return 'its end is not recorded: it runs, or its gateway was killed';
  if (shadow !== undefined) return `shadow mode: would be ${shadow} by ${rule ?? '-'}`;
  if (operation === 'refusals')
    return `${asText(detail?.['count'] ?? '')} refusals: ${asText(detail?.['codes'] ?? {})}`;
  if (decision === 'DENY')
    return [error_code === 'DENIED_BY_POLICY' ? null : error_code, rule].filter(Boolean).join(' ');
  return error_code ?? '';
}

function csvCells(call: PastRecord): string[] {
  const { timestamp, agent_id, principal, server, tool, operation, latency_ms, rule, error_code, shadow } = call;
  const values = [agent_id, principal, server, tool, operation, latency_ms, rule, error_code, shadow, call.request_id];
  return [timestamp, wordOf(call), ...values.map((value) => String(value ?? ''))];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
