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

async function run(...args: string[]): Promise<number> {
  const program = new Command('agent-mcp-gateway');
  registerAudit(program);
  await program.parseAsync(['audit', 'verify', ...args], { from: 'user' });
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
