import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../audit-record.ts';
import { recordOf, tempDirectory } from '../fixtures.ts';
import { callStatistics, type Grouping } from '../query/call-statistics.ts';
import { recentCalls } from '../query/recent-calls.ts';
import type { RecordQuery } from '../query/record-filter.ts';
import { verifyLog } from '../verify-log.ts';
import { countedCalls } from './counted-calls.ts';
import { summaryPath } from './file-summary.ts';
import { keepSummaries } from './log-summaries.ts';

const GROUPINGS: readonly Grouping[] = ['agent', 'server', 'tool', 'rule', 'code', 'day'];
const START = Date.UTC(2026, 0, 1);

/** A log that several writers write into. */
class WrittenLog {
  readonly path = join(tempDirectory(), 'audit.jsonl');
  #rotations = 0;
  #requests = 0;
  #now = START;
  #open: AuditRecord[] = [];

  constructor() {
    writeFileSync(this.path, '');
  }

  /** Lets time pass, or sets the clock back. */
  pass(ms: number): void {
    this.#now += ms;
  }

  write(record: AuditRecord, path = this.path): void {
    const line = JSON.stringify({ timestamp: new Date(this.#now).toISOString(), ...record });
    appendFileSync(path, `${line}\n`);
  }

  begin(fields: Partial<AuditRecord>, path = this.path): void {
    const record = recordOf({ ...fields, request_id: `g-${++this.#requests}` });
    this.write(record, path);
    this.#open.push(record);
  }

  finish(which: number, fields: Partial<AuditRecord>): void {
    const [record] = this.#open.splice(which % Math.max(1, this.#open.length), 1);
    if (record !== undefined) this.write({ ...record, ...fields, phase: 'finished' });
  }

  refuse(fields: Partial<AuditRecord>): void {
    this.write(recordOf({ ...fields, phase: 'finished', decision: 'DENY', request_id: `g-${++this.#requests}` }));
  }

  rotate(): void {
    renameSync(this.path, this.rotated(++this.#rotations));
    writeFileSync(this.path, '');
  }

  rotated(number = this.#rotations): string {
    return `${this.path}.${String(number).padStart(6, '0')}`;
  }

  get rotations(): number {
    return this.#rotations;
  }
}

function statistics(log: string, query: RecordQuery, summarised: boolean): unknown {
  const calls = [...(summarised ? countedCalls(log, query) : recentCalls(log, query))];
  return GROUPINGS.map((by) => callStatistics(calls, by));
}

const names = fc.record({
  agent_id: fc.constantFrom('a', 'b', null),
  server: fc.constantFrom('files', 'web', null),
  tool: fc.constantFrom('read', 'write', null),
  rule: fc.constantFrom('agents.a.allow.servers[0]', 'default_deny', null),
  principal: fc.constantFrom('local', 'jwt/1'),
});
const end = fc.record({
  decision: fc.constantFrom('ALLOW' as const, 'ERROR' as const),
  error_code: fc.constantFrom('TIMEOUT', null),
  latency_ms: fc.double({ min: 0.01, max: 60_000, noNaN: true }),
  queue_ms: fc.constantFrom(undefined, 0, 3),
  server_ms: fc.constantFrom(undefined, 2),
  tokens: fc.constantFrom(undefined, 7),
});
const folded = fc.record({ count: fc.integer({ min: 5, max: 9 }), codes: fc.constant({ DENIED_BY_POLICY: 4 }) });
type Step = (log: WrittenLog) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: names.map((fields) => (log: WrittenLog) => log.begin(fields)) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(5), end).map(
      ([which, fields]) =>
        (log: WrittenLog) =>
          log.finish(which, fields),
    ),
  },
  { weight: 2, arbitrary: names.map((fields) => (log: WrittenLog) => log.refuse(fields)) },
  folded.map((detail) => (log: WrittenLog) => log.refuse({ operation: 'refusals', detail })),
  fc.constant((log: WrittenLog) =>
    log.write(recordOf({ operation: 'log_continued', phase: 'finished', request_id: '' })),
  ),
  {
    weight: 3,
    arbitrary: fc.integer({ min: -7_200_000, max: 86_400_000 }).map((ms) => (log: WrittenLog) => log.pass(ms)),
  },
  { weight: 2, arbitrary: fc.constant((log: WrittenLog) => log.rotate()) },
  // A writer that has not noticed yet that the file was moved.
  names.map((fields) => (log: WrittenLog) => log.rotations > 0 && log.begin(fields, log.rotated())),
  fc.constant((log: WrittenLog) => void statistics(log.path, {}, true)),
  fc.constant((log: WrittenLog) => keepSummaries(log.path)),
);

const query: fc.Arbitrary<RecordQuery> = fc.record(
  {
    agent: fc.constantFrom('a', '*'),
    server: fc.constantFrom('files', 'w*'),
    decision: fc.constantFrom('DENY', 'ALLOW'),
    code: fc.constant('TIMEOUT'),
    rule: fc.constant('agents.a'),
    until: fc.integer({ min: 0, max: 10 }).map((days) => START + days * 43_200_000),
  },
  { requiredKeys: [] },
);

describe('countedCalls', () => {
  it('property: counts with summaries are those without, whatever was written, rotated and asked for', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(query, { minLength: 1, maxLength: 3 }),
        (steps, queries) => {
          const log = new WrittenLog();
          for (const each of steps) each(log);
          for (const asked of [{}, ...queries, ...queries]) {
            expect(statistics(log.path, asked, true)).toEqual(statistics(log.path, asked, false));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('property: since a time, too, where the clock is not set back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(80_000_000), names, end), { minLength: 1, maxLength: 30 }),
        fc.nat(20),
        (calls, days) => {
          const log = new WrittenLog();
          for (const [ms, fields, ended] of calls) {
            log.begin(fields);
            log.pass(ms);
            if (ms % 3 > 0) log.finish(0, ended);
            if (ms % 5 === 0) log.rotate();
          }
          for (const asked of [
            { since: START + days * 43_200_000 },
            { since: START + 500, until: START + days * 43_200_000 },
          ]) {
            expect(statistics(log.path, asked, true)).toEqual(statistics(log.path, asked, false));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('summaries', () => {
  function rotatedLog(): WrittenLog {
    const log = new WrittenLog();
    for (const tool of ['read', 'write']) {
      log.begin({ tool });
      log.finish(0, { latency_ms: 5 });
      log.rotate();
    }
    keepSummaries(log.path);
    return log;
  }
  const tools = (log: WrittenLog): unknown =>
    callStatistics(countedCalls(log.path, {}), 'tool').map(({ group, calls }) => [group[1], calls]);

  it('are read in the place of files that have not changed, and by nobody else', () => {
    const log = rotatedLog();
    const path = summaryPath(log.rotated(1));
    expect(statSync(path).mode & 0o777).toBe(statSync(log.rotated(1)).mode & 0o640);
    expect(readdirSync(join(log.path, '..')).filter((name) => name.startsWith('audit.jsonl'))).toHaveLength(3);
    const before = verifyLog(log.path).files;
    expect(before).not.toContain(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"tool":"read"', '"tool":"kept"'));
    expect(tools(log)).toEqual([
      ['kept', 1],
      ['write', 1],
    ]);
  });

  it('are made anew where the file is another one, grew, or they cannot be read', () => {
    const log = rotatedLog();
    const path = summaryPath(log.rotated(1));
    writeFileSync(path, readFileSync(path, 'utf8').replace('"tool":"read"', '"tool":"kept"'));
    const text = readFileSync(log.rotated(1), 'utf8');
    writeFileSync(log.rotated(1), text.replaceAll('"read"', '"raed"'));
    expect(tools(log)).toEqual([
      ['raed', 1],
      ['write', 1],
    ]);
    log.begin({ tool: 'late' }, log.rotated(1));
    expect(tools(log)).toContainEqual(['late', 1]);
    writeFileSync(path, '{');
    expect(tools(log)).toContainEqual(['raed', 1]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 1 });
  });

  it('outlive their files where these were removed as the oldest, and only then', () => {
    const log = rotatedLog();
    rmSync(log.rotated(1));
    expect(tools(log)).toEqual([
      ['read', 1],
      ['write', 1],
    ]);
    // A log that begins anew is another log.
    rmSync(log.rotated(2));
    expect(tools(log)).toEqual([]);
    renameSync(log.path, log.rotated(1));
    writeFileSync(log.path, '');
    keepSummaries(log.path);
    expect(tools(log)).toEqual([]);
    expect(existsSync(summaryPath(log.rotated(2)))).toBe(false);
  });

  it('give up where there are too many different calls: then the file is read', () => {
    const log = new WrittenLog();
    for (let at = 0; at < 10_001; at++) log.refuse({ tool: `uri:${at}` });
    log.rotate();
    keepSummaries(log.path);
    expect(JSON.parse(readFileSync(summaryPath(log.rotated(1)), 'utf8'))).not.toHaveProperty('cells');
    expect(callStatistics(countedCalls(log.path, {}), 'day')).toMatchObject([{ calls: 10_001 }]);
  });
});
