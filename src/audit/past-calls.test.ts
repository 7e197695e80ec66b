import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { AuditRecord } from './audit-record.ts';
import { openTestAudit, recordOf, tempDirectory } from './fixtures.ts';
import { readPastCalls } from './past-calls.ts';

let next = 0;

/** The two records of a call that was forwarded. */
function pair(fields: Partial<AuditRecord> = {}, end: Partial<AuditRecord> = {}): AuditRecord[] {
  const request_id = `r-${next++}`;
  return [recordOf({ request_id, ...fields }), recordOf({ request_id, phase: 'finished', ...fields, ...end })];
}

async function logOf(
  records: readonly AuditRecord[],
  options: Parameters<typeof openTestAudit>[0] = {},
): Promise<string> {
  const { audit, path } = openTestAudit(options);
  for (const record of records) await audit.append(record);
  return path;
}

const about = { agent: 'researcher', server: 'brave-search', name: 'brave_web_search', kind: 'tool' };
const none = { allowed: 0, shadowed: 0, missed: 0, denied: 0, last: expect.any(String) };

it('counts a call once, though it leaves two records, and one that never ended', async () => {
  const path = await logOf([...pair(), ...pair(), pair()[0] ?? recordOf()]);
  expect(readPastCalls(path)).toEqual({
    calls: [{ ...about, ...none, allowed: 3 }],
    total: 3,
    unreadable: 0,
    cut: 0,
    files: 1,
  });
});

it('tells what was denied, what shadow mode let happen, and what never came to a tool', async () => {
  const path = await logOf([
    recordOf({ phase: 'finished', decision: 'DENY', error_code: 'DENIED_BY_POLICY' }),
    ...pair({ shadow: 'DENY' }),
    ...pair({}, { decision: 'ERROR', error_code: 'TOOL_NOT_FOUND' }),
    ...pair({}, { decision: 'ERROR', error_code: 'TIMEOUT' }),
  ]);
  expect(readPastCalls(path).calls).toEqual([
    { ...about, allowed: 3, shadowed: 1, missed: 1, denied: 1, last: expect.any(String) },
  ]);
});

it('keeps kinds, servers as such and agents apart', async () => {
  const path = await logOf([
    recordOf({ operation: 'get_server_tools', phase: 'finished', tool: null }),
    ...pair({ operation: 'prompts/get', tool: 'summary' }),
    ...pair({ operation: 'resources/read', tool: 'file:///a' }),
    ...pair({ operation: 'completion/complete', tool: 'file:///{path}' }),
    ...pair({ operation: 'tools/call', agent_id: 'other' }),
  ]);
  expect(readPastCalls(path).calls.map(({ agent, name, kind }) => [agent, name, kind])).toEqual([
    ['researcher', undefined, 'tool'],
    ['researcher', 'summary', 'prompt'],
    ['researcher', 'file:///a', 'resource'],
    ['researcher', 'file:///{path}', 'resource'],
    ['other', 'brave_web_search', 'tool'],
  ]);
  expect(readPastCalls(path, { agent: 'other' }).calls).toHaveLength(1);
});

it('leaves out what no rule decided', async () => {
  const path = await logOf([
    recordOf({
      phase: 'finished',
      decision: 'DENY',
      error_code: 'RATE_LIMITED',
      rule: 'agents.researcher.limits.calls_per_minute',
    }),
    recordOf({ phase: 'finished', decision: 'DENY', error_code: 'INVALID_AGENT_ID', agent_id: null, rule: null }),
    recordOf({ phase: 'finished', operation: 'list_servers', server: null, tool: null, rule: null }),
    recordOf({ phase: 'finished', operation: 'definitions_changed', agent_id: null, tool: null, rule: null }),
    recordOf({ phase: 'finished', operation: 'refusals', decision: 'DENY', server: null, tool: null, rule: null }),
  ]);
  expect(readPastCalls(path)).toMatchObject({ calls: [], total: 0 });
});

it('says how many names were cut and lines could not be read', async () => {
  const path = await logOf([...pair({ tool: 'x'.repeat(600) }), ...pair()]);
  appendFileSync(path, 'not JSON\n[1]\n"x"\nnull\n{"half":');
  expect(readPastCalls(path)).toMatchObject({ total: 2, cut: 1, unreadable: 5, calls: [{ allowed: 1 }] });
});

it('reads rotated files too, and of them only what is young enough', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const { audit, path } = openTestAudit({ now: () => now, maxBytes: 2_000 });
  for (let day = 0; day < 12; day++) {
    for (const record of pair()) await audit.append(record);
    now += 86_400_000;
  }
  const all = readPastCalls(path);
  expect(all.files).toBeGreaterThan(2);
  expect(all.calls[0]).toMatchObject({ allowed: 12, last: '2026-01-12T00:00:00.000Z' });
  expect(readPastCalls(path, { since: Date.parse('2026-01-09T00:00:00Z') }).calls[0]?.allowed).toBe(4);
});

it('does not open what nothing was written into since', () => {
  const path = join(tempDirectory(), 'logs', 'audit.jsonl');
  mkdirSync(dirname(path));
  writeFileSync(`${path}.000001`, 'never read\n');
  utimesSync(`${path}.000001`, 1, 1);
  writeFileSync(path, '');
  expect(readPastCalls(path, { since: 10_000 })).toMatchObject({ unreadable: 0, files: 2 });
  expect(readPastCalls(path)).toMatchObject({ unreadable: 1 });
});

it('throws where there is no log', () => {
  expect(() => readPastCalls(join(tempDirectory(), 'none.jsonl'))).toThrow(/ENOENT/);
});
