import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuditRecord } from '../audit-record.ts';
import { openTestAudit, recordOf, tempDirectory } from '../fixtures.ts';
import { recentCalls } from './recent-calls.ts';
import type { RecordQuery } from './record-filter.ts';

const ended = (request_id: string, fields: Partial<AuditRecord> = {}): AuditRecord =>
  recordOf({ request_id, phase: 'finished', ...fields });
const begun = (request_id: string, fields: Partial<AuditRecord> = {}): AuditRecord =>
  recordOf({ request_id, ...fields });

async function logOf(...records: AuditRecord[]): Promise<string> {
  const { audit, path } = openTestAudit();
  for (const record of records) await audit.append(record);
  return path;
}

/** A log with a line per time, in this order, as a gateway would write it. */
function timedLog(path: string, times: readonly string[]): void {
  const lines = times.map((timestamp, at) => JSON.stringify({ timestamp, ...ended(`${path}-${at}`) }));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

const ids = (log: string, query: RecordQuery = {}): string[] =>
  [...recentCalls(log, query)].map(({ request_id, isOpen }) => (isOpen ? `${request_id} open` : request_id));

it('reads the newest call first, once, and says which has not ended', async () => {
  const log = await logOf(begun('1'), begun('2'), ended('1'), ended('3'), begun('4'), ended('2'));
  expect(ids(log)).toEqual(['2', '4 open', '3', '1']);
});

it('does not take the beginning of a call that failed for one that is open', async () => {
  const log = await logOf(begun('1'), ended('1', { decision: 'ERROR', error_code: 'TIMEOUT' }));
  expect(ids(log, { decision: 'ALLOW' })).toEqual([]);
  expect(ids(log, { decision: 'ERROR' })).toEqual(['1']);
  expect(ids(log, { code: 'TIMEOUT' })).toEqual(['1']);
});

it('finds names by the patterns of the rules, each condition together with the others', async () => {
  const log = await logOf(
    ended('1', { agent_id: 'a', server: 'files', tool: 'read_file' }),
    ended('2', { agent_id: 'a', server: 'files', tool: 'write_file' }),
    ended('3', { agent_id: 'b', server: 'files', tool: 'read_file', principal: 'say "hi"' }),
    ended('4', { agent_id: 'b', server: null, tool: null, rule: 'default_deny', decision: 'DENY' }),
  );
  expect(ids(log, { tool: 'read_*' })).toEqual(['3', '1']);
  expect(ids(log, { tool: 'read_*', agent: 'a' })).toEqual(['1']);
  expect(ids(log, { principal: 'say "hi"' })).toEqual(['3']);
  expect(ids(log, { rule: 'default_deny' })).toEqual(['4']);
  expect(ids(log, { rule: 'agents.researcher.allow.servers[0]' })).toEqual(['3', '2', '1']);
  expect(ids(log, { rule: 'agents.researcher' })).toEqual(['3', '2', '1']);
  expect(ids(log, { request: '2' })).toEqual(['2']);
  expect(ids(log, { server: 'fil' })).toEqual([]);
});

it('reads rotated files too, the newest first, and leaves out those that are older than what is asked for', () => {
  const log = join(tempDirectory(), 'audit.jsonl');
  timedLog(`${log}.000001`, ['2026-01-01T00:00:00.000Z']);
  timedLog(`${log}.000002`, ['2026-01-02T00:00:00.000Z', '2026-01-02T01:00:00.000Z']);
  timedLog(log, ['2026-01-03T00:00:00.000Z']);
  const times = (query: RecordQuery): string[] =>
    [...recentCalls(log, query)].map(({ timestamp }) => timestamp.slice(8, 13));
  expect(times({})).toEqual(['03T00', '02T01', '02T00', '01T00']);
  expect(times({ since: Date.UTC(2026, 0, 2, 1), until: Date.UTC(2026, 0, 3) })).toEqual(['02T01']);
  const long = new Date(2020, 0);
  utimesSync(`${log}.000002`, long, long);
  expect(times({ since: Date.UTC(2026, 0, 2) })).toEqual(['03T00']);
});

it('finds newer records behind older ones, which a clock that was set back leaves', () => {
  const log = join(tempDirectory(), 'audit.jsonl');
  timedLog(log, ['2026-01-02T10:00:00.000Z', '2026-01-02T07:00:00.000Z', '2026-01-02T10:05:00.000Z']);
  expect(ids(log, { since: Date.UTC(2026, 0, 2, 9) })).toHaveLength(2);
});

it('passes over what is no record, and a line that was cut off', async () => {
  const log = await logOf(ended('1'));
  appendFileSync(
    log,
    `\n[]\nnull\n{"timestamp":1}\n${'x'.repeat(3_000_000)}\n${JSON.stringify(ended('torn')).slice(0, 40)}`,
  );
  expect(ids(log)).toEqual(['1']);
});

it('reads the same lines backwards as forwards, wherever the chunks are cut', () => {
  const log = join(tempDirectory(), 'audit.jsonl');
  fc.assert(
    fc.property(fc.array(fc.nat(700_000), { maxLength: 6 }), (sizes) => {
      const lines = sizes.map((size, at) =>
        JSON.stringify({ timestamp: 't', ...ended(String(at), { tool: 'é'.repeat(size / 2) }) }),
      );
      writeFileSync(log, lines.map((line) => `${line}\n`).join(''));
      const short = sizes.flatMap((_, at) => (Buffer.byteLength(lines[at] ?? '') <= 1024 * 1024 ? [String(at)] : []));
      expect(ids(log)).toEqual(short.reverse());
    }),
    { numRuns: 30 },
  );
});
