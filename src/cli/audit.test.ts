import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAudit } from '../audit/audit-log.ts';
import { registerAudit } from './audit.ts';

let directory = '';
let path = '';
let out = '';
let err = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-cli-'));
  path = join(directory, 'audit.jsonl');
  vi.stubEnv('GATEWAY_AUDIT_LOG', path);
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const audit = openAudit({ path, redact: (text) => text, maxBytes: 1 });
  for (let n = 0; n < 3; n++) await audit.append(record);
  await audit.close();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const record = {
  operation: 'list_servers',
  phase: 'finished',
  decision: 'ALLOW',
  request_id: 'r-1',
  principal: 'local',
  claimed_agent: null,
  agent_id: 'researcher',
  assurance: 'claim',
  server: null,
  tool: null,
  rule: null,
  error_code: null,
  latency_ms: 1,
} as const;

const run = (...args: string[]): Promise<number> => audit('verify', ...args);

async function audit(...args: string[]): Promise<number> {
  const program = new Command('agent-mcp-gateway');
  registerAudit(program);
  await program.parseAsync(['audit', ...args], { from: 'user' });
  return Number(process.exitCode ?? 0);
}

describe('audit verify', () => {
  it('reads the configured log with its rotated files', async () => {
    expect(await run()).toBe(0);
    expect(out).toBe('5 records in 3 files: intact\n');
    expect(err).toMatch(/^writer [0-9a-f]{16}: records 1 to 5\n$/);
  });

  it('locates a change and exits with 1', async () => {
    const file = `${path}.000002`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('researcher', 'Researcher'));
    expect(await run(path)).toBe(1);
    expect(out).toContain(`${file}:2: the line was changed`);
    expect(out).toMatch(/4 records in 3 files: NOT intact: 1 problem\n$/);
  });

  it('--json prints the whole report', async () => {
    rmSync(`${path}.000002`);
    expect(await run('--json', path)).toBe(1);
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      ok: false,
      records: 3,
      problems: [
        { kind: 'missing', from: 2, to: 3, file: path, line: 1 },
        { kind: 'files-missing', from: 2, to: 2, file: path, line: 1 },
      ],
    });
  });

  it('takes a log and its rotated files, named one by one, for one log', async () => {
    expect(await run(`${path}.000001`, `${path}.000002`, path)).toBe(0);
    expect(out).toBe('5 records in 3 files: intact\n');
  });

  it('exits with 3 where another program took records away, and reads them with the log where they are named', async () => {
    const audit = openAudit({ path, redact: (text) => text });
    await audit.append(record);
    renameSync(path, `${path}.1`);
    await audit.append(record);
    await audit.close();
    expect(await run(path)).toBe(3);
    expect(out).toMatch(/another program renamed the log before .*: record 1 is not here/);
    expect(out).toMatch(/intact, but not complete\n$/);
    out = '';
    process.exitCode = undefined;
    expect(await run(`${path}.1`, path)).toBe(0);
    expect(out).toMatch(/: intact\n$/);
  });

  it('says which file there is not, and exits with 2', async () => {
    expect(await run(join(directory, 'absent'))).toBe(2);
    expect(err).toContain(`There is no audit log ${join(directory, 'absent')}`);
  });
});

/** A call as it ends. */
const call = {
  ...record,
  operation: 'execute_tool',
  server: 'files',
  tool: 'read_file',
  rule: 'agents.researcher.allow.servers[0]',
  latency_ms: 12,
} as const;

describe('audit show', () => {
  beforeEach(async () => {
    rmSync(directory, { recursive: true });
    const audit = openAudit({ path, redact: (text) => text });
    await audit.append({ ...call, phase: 'decided', request_id: 'r-1', detail: { args: ['path'], args_bytes: 12 } });
    await audit.append({ ...call, queue_ms: 1, server_ms: 10, tokens: 40, request_id: 'r-1' });
    const denied = { decision: 'DENY', rule: 'default_deny', error_code: 'DENIED_BY_POLICY' } as const;
    await audit.append({ ...call, ...denied, tool: 'write_file', agent_id: 'other', request_id: 'r-2' });
    await audit.append({ ...call, phase: 'decided', tool: '=slow,', request_id: 'r-3' });
    await audit.append({ ...call, decision: 'ERROR', error_code: 'TIMEOUT', request_id: 'r-4', latency_ms: 90 });
    await audit.close();
  });

  const shown = (): string[] =>
    out
      .trimEnd()
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
      .split('\n');

  it('prints a line for each call, the newest first, with what came of it', async () => {
    expect(await audit('show')).toBe(0);
    expect(shown()).toEqual([
      'ERROR  TIME  researcher  files  read_file   90 ms  r-4  TIMEOUT',
      'OPEN   TIME  researcher  files  =slow,      12 ms  r-3  its end is not recorded: it runs, or its gateway was killed',
      'DENY   TIME  other       files  write_file  12 ms  r-2  default_deny',
      'ALLOW  TIME  researcher  files  read_file   12 ms  r-1',
    ]);
  });

  it('shows what is asked for, and no more than is wanted', async () => {
    await audit('show', '--decision', 'deny', '--tool', 'write_*', '--since', '1h');
    expect(shown()).toEqual(['DENY   TIME  other  files  write_file  12 ms  r-2  default_deny']);
    out = '';
    await audit('show', '--limit', '2', '--json');
    expect(JSON.parse(out)).toMatchObject([
      { request_id: 'r-4', isOpen: false },
      { request_id: 'r-3', isOpen: true },
    ]);
  });

  it('writes CSV that no spreadsheet takes for a formula', async () => {
    await audit('show', '--csv', '--limit', '2');
    const [head, , second] = out.split('\r\n');
    expect(head).toBe(
      'timestamp,decision,agent,principal,server,tool,operation,latency_ms,rule,error_code,shadow,request_id',
    );
    expect(second).toMatch(/Z,OPEN,researcher,local,files,"'=slow,",execute_tool,12,/);
  });

  it('shows all records of one request', async () => {
    await audit('show', 'r-1');
    expect(out).toMatch(/^phase +decided$/m);
    expect(out).toMatch(/^phase +finished$/m);
    expect(out).toMatch(/^detail +\{"args":\["path"\],"args_bytes":12\}$/m);
    expect(await audit('show', 'r-9')).toBe(2);
    expect(err).toContain('has no request "r-9"');
  });

  it('refuses a time, a number and a log that it cannot read', async () => {
    expect(await audit('show', '--until', 'soon')).toBe(2);
    expect(err).toContain('--until takes');
    expect(await audit('show', '--limit', 'many')).toBe(2);
    expect(await audit('show', '--audit-log', join(directory, 'none'))).toBe(2);
    expect(err).toContain('There is no audit log');
  });

  it('counts calls by what they were about', async () => {
    await audit('stats');
    expect(shown()).toEqual([
      'server  tool        calls  denied  errors  p50    p95    queue    serving  gateway  tokens  last',
      'files   read_file   2      0       1       12 ms  89 ms  0.98 ms  10 ms    0.98 ms  40      TIME',
      'files   =slow,      1      0       0                                                0       TIME',
      'files   write_file  1      1       0                                                0       TIME',
    ]);
    out = '';
    await audit('stats', '--by', 'rule', '--json');
    expect(JSON.parse(out)).toMatchObject([
      { rule: 'agents.researcher.allow.servers[0]', calls: 3 },
      { rule: 'default_deny', calls: 1 },
    ]);
  });
});
