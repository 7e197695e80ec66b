import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../observe/redact.ts';
import { faulty, linesOf, openTestAudit, overWrites, recordOf, recordsOf, tempDirectory } from './fixtures.ts';
import { verifyLog } from './verify-log.ts';

describe('openAudit', () => {
  it('writes one JSON object per line, with time, writer, count and chain', async () => {
    const { audit, path } = openTestAudit({ now: () => 1_750_000_000_123 });
    await audit.append(recordOf({ detail: { args: ['q'], args_bytes: 12 } }));
    await audit.append(recordOf({ phase: 'finished' }));
    const [first, second] = recordsOf(path);
    expect(first).toMatchObject({
      ...recordOf(),
      timestamp: '2025-06-15T15:06:40.123Z',
      detail: { args: ['q'], args_bytes: 12 },
      seq: 1,
      prev: '0'.repeat(64),
    });
    expect(second).toMatchObject({ phase: 'finished', seq: 2, writer: first?.['writer'], prev: first?.['hash'] });
  });

  it('hashes each line as documented, so that a shell can check it', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf({ tool: 'naïve ☃' }));
    const [line = ''] = linesOf(path);
    const [head = '', tail] = line.split(',"hash":"');
    expect(tail).toBe(`${createHash('sha256').update(head).digest('hex')}"}`);
  });

  it('writes a record at once after a turn that had only one, and waits for others after one that had several', async () => {
    const { audit, path } = openTestAudit();
    const turn = (count: number): number[] =>
      Array.from({ length: count }, () => {
        void audit.append(recordOf());
        return linesOf(path).length;
      });
    const next = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    expect(turn(1)).toEqual([0]);
    await next();
    expect(turn(3)).toEqual([2, 2, 2]);
    await next();
    expect(turn(1)).toEqual([4]);
    await next();
    expect(turn(1)).toEqual([6]);
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 6 });
  });

  it('writes all records of one turn of the event loop at once, and says so through one promise', async () => {
    let writes = 0;
    const writeSync = overWrites((write) => {
      writes++;
      return write();
    });
    const { audit, path } = openTestAudit({ files: faulty({ writeSync }) });
    const promises = Array.from({ length: 50 }, () => audit.append(recordOf()));
    expect(new Set(promises).size).toBe(1);
    expect(writes).toBe(0);
    await promises[0];
    expect(writes).toBe(1);
    expect(linesOf(path)).toHaveLength(50);
  });

  it('has the record on disk when the promise resolves', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf({ request_id: 'r-7' }));
    expect(recordsOf(path).map((record) => record['request_id'])).toEqual(['r-7']);
  });

  it('keeps file and directories to their owner', async () => {
    const { path } = openTestAudit();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it('escapes what could forge a line or drive a terminal', async () => {
    const { audit, path } = openTestAudit();
    const nasty = 'a\n{"decision":"ALLOW"}\r\u001b[2J\u0000\u009b\u202eb\u2066c\u2028d\u2029\ud800';
    await audit.append(recordOf({ tool: nasty, detail: { [nasty]: nasty } }));
    const [line = '', ...others] = linesOf(path);
    expect(others).toEqual([]);
    expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    expect(line).toContain('\\u202e');
    expect(recordsOf(path)[0]).toMatchObject({ tool: nasty, detail: { [nasty]: nasty } });
  });

  it('cuts over-long names and details, with a marker, and keeps the line short', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf({ server: 'x'.repeat(1_000_000), detail: { args: Array(100_000).fill('name') } }));
    expect(linesOf(path)[0]?.length).toBeLessThan(20_000);
    const [record] = recordsOf(path);
    expect(record?.['server']).toBe(`${'x'.repeat(512)}[cut, 1000000 characters]`);
    expect(record?.['detail']).toMatchObject({ characters: 700_010 });
    expect(verifyLog(path).ok).toBe(true);
  });

  it('keeps its own words whatever is secret, and names that a password is a part of', async () => {
    const redactor = new Redactor();
    redactor.add([
      'server',
      'decision',
      'timestamp',
      'implicit_grant',
      'researcher',
      'postgres',
      'delete_record',
      'a1b2c3',
    ]);
    const { audit, path } = openTestAudit({ redact: redactor.redact, secretsVersion: () => redactor.version() });
    const record = recordOf({
      server: 'postgres',
      tool: 'delete_record',
      rule: 'agents.researcher.allow.tools.a1b2c3[0]',
    });
    await audit.append(record);
    const { claimed_agent: _, ...rest } = record;
    expect(recordsOf(path)[0]).toMatchObject(rest);
    // Other secrets take effect at once.
    await audit.append(recordOf({ tool: 'fresh-secret-1' }));
    redactor.add(['fresh-secret-1']);
    await audit.append(recordOf({ tool: 'fresh-secret-1' }));
    expect(recordsOf(path).map(({ tool }) => tool)).toEqual(['delete_record', 'fresh-secret-1', '[redacted]']);
  });

  it('bounds a record after escaping, whatever is in it', async () => {
    const { audit, path } = openTestAudit();
    for (const nasty of ['\u0001', '\u202e', '\u2028', '\ud800', '"\\', '☃']) {
      const long = nasty.repeat(1_000_000 / nasty.length);
      const names = { server: long, tool: long, claimed_agent: long, principal: long, operation: long };
      await audit.append(recordOf({ ...names, detail: { args: [long] } }));
      await audit.append(recordOf({ detail: { args: Array.from({ length: 5000 }, () => nasty) } }));
    }
    for (const line of linesOf(path)) expect(Buffer.byteLength(line)).toBeLessThan(24 * 1024);
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 12 });
  });

  it('writes no secret, wherever it stands and however it is cut', async () => {
    const redactor = new Redactor();
    redactor.add(['123456', 's3cr3t"value', 'split-across-the-cut']);
    const { audit, path } = openTestAudit({ redact: redactor.redact });
    const record = recordOf({
      tool: 's3cr3t"value',
      latency_ms: 123456,
      detail: { args: [{ 's3cr3t"value': 'x 123456' }] },
    });
    await audit.append(record);
    await audit.append(recordOf({ server: `${'x'.repeat(500)}split-across-the-cut` }));
    expect(recordsOf(path)[0]).toMatchObject({ tool: '[redacted]', latency_ms: 123456 });
    expect(recordsOf(path)[0]?.['detail']).toEqual({ args: [{ '[redacted]': 'x [redacted]' }] });
    expect(linesOf(path).join()).not.toMatch(/s3cr3t|split-a/);
    expect(verifyLog(path).ok).toBe(true);
  });

  it('survives a detail that JSON has no form for', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf({ detail: { big: 10n } }));
    expect(recordsOf(path)[0]?.['detail']).toEqual({ unserialisable: true });
  });

  it('writes what is pending when it closes, and refuses what comes later', async () => {
    const { audit, path } = openTestAudit();
    const pending = audit.append(recordOf());
    await audit.close();
    await pending;
    expect(linesOf(path)).toHaveLength(1);
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(linesOf(path)).toHaveLength(1);
  });

  it('goes on in a new file when somebody moves the log away', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf({ request_id: 'before' }));
    renameSync(path, `${path}.moved`);
    await audit.append(recordOf({ request_id: 'after' }));
    expect(recordsOf(path)).toMatchObject([
      { operation: 'log_continued', detail: { reason: 'renamed' } },
      { request_id: 'after' },
    ]);
    expect(recordsOf(`${path}.moved`)).toHaveLength(1);
  });

  it('ends the line that a killed process left unfinished', async () => {
    const { audit, path } = openTestAudit();
    await audit.append(recordOf());
    appendFileSync(path, '{"timestamp":"20');
    await audit.append(recordOf());
    expect(linesOf(path)).toHaveLength(3);
    const report = verifyLog(path);
    expect(report.problems).toMatchObject([{ kind: 'unreadable', line: 2 }]);
    expect(report.records).toBe(2);
  });

  it('appends to a log that is there already, its permissions kept', async () => {
    const directory = tempDirectory();
    const path = join(directory, 'audit.jsonl');
    writeFileSync(path, '{"timestamp":"2025-01-01T00:00:00Z","operation":"list_servers"}\n', { mode: 0o640 });
    const { audit } = openTestAudit({ path, maxAgeMs: Number.POSITIVE_INFINITY });
    await audit.append(recordOf());
    expect(linesOf(path)).toHaveLength(2);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('refuses while its directory is gone, and recovers by itself', async () => {
    const { audit, path, events } = openTestAudit();
    await audit.append(recordOf());
    rmSync(dirname(path), { recursive: true });
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(existsSync(path)).toBe(false);
    mkdirSync(dirname(path));
    await audit.append(recordOf());
    expect(recordsOf(path)).toMatchObject([{ seq: 2, operation: 'log_continued' }, { seq: 3 }]);
    expect(events.map((event) => event.kind)).toEqual(['failed', 'recovered']);
  });

  it('starts without a log that it may write, and recovers by itself', async () => {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'logs'), 'a file where a directory must be');
    const { audit, path, events } = openTestAudit({ path: join(directory, 'logs', 'audit.jsonl') });
    expect(events).toMatchObject([{ kind: 'failed', records: 0 }]);
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    rmSync(join(directory, 'logs'));
    await audit.append(recordOf());
    expect(recordsOf(path)).toHaveLength(1);
  });

  it('names no path to agents', async () => {
    const { audit, path } = openTestAudit();
    rmSync(dirname(path), { recursive: true });
    const error: unknown = await audit.append(recordOf())?.catch((reason: unknown) => reason);
    expect(String(error)).toContain('(ENOENT)');
    expect(String(error)).not.toContain(dirname(path));
  });

  it.skipIf(process.platform === 'win32')('writes to devices: /dev/null takes all', async () => {
    const { audit } = openTestAudit({ path: '/dev/null', maxBytes: 1 });
    await audit.append(recordOf());
    await audit.append(recordOf());
  });

  it.skipIf(!existsSync('/dev/full'))('refuses on a full disk (/dev/full)', async () => {
    const { audit, events } = openTestAudit({ path: '/dev/full' });
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(events).toMatchObject([
      { kind: 'failed', records: 1 },
      { kind: 'failed', records: 1 },
    ]);
  });

  it('leaves a link to the log a link when it rotates', async () => {
    const directory = tempDirectory();
    mkdirSync(join(directory, 'real'));
    writeFileSync(join(directory, 'real', 'log'), '');
    symlinkSync(join(directory, 'real', 'log'), join(directory, 'link'));
    const { audit, path } = openTestAudit({ path: join(directory, 'link'), maxBytes: 600 });
    for (let n = 0; n < 5; n++) await audit.append(recordOf());
    expect(existsSync(join(directory, 'real', 'log.000001'))).toBe(true);
    // Each rotation is a record too.
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 5 + 4 });
  });
});
