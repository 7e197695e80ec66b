/** Other programs, and other people, change a log. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf, openTestAudit, recordOf, recordsOf, tempDirectory } from './fixtures.ts';
import { verifyLog } from './verify-log.ts';

type Audit = ReturnType<typeof openTestAudit>['audit'];

async function fill(audit: Audit, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await audit.append(recordOf());
}

describe('logrotate and its like', () => {
  it.each([
    ['renames the log', 'renamed', (path: string) => renameSync(path, `${path}.1`)],
    ['copies and truncates it', 'truncated', (path: string) => truncated(path)],
    [
      'truncates it, and others have filled it again since',
      'truncated',
      (path: string) => {
        truncated(path);
        const other = openTestAudit({ path });
        for (let n = 0; n < 9; n++) void other.audit.append(recordOf({ request_id: `other-${n}` }));
        return other.audit.close();
      },
    ],
    ['renames it, with a date', 'renamed', (path: string) => renameSync(path, `${path}.20260101`)],
    ['renames it, with seconds', 'renamed', (path: string) => renameSync(path, `${path}.1796003362`)],
  ])('%s: the record after says so, which is no tampering', async (_what, reason, act) => {
    const { audit, path } = openTestAudit();
    await fill(audit, 3);
    await act(path);
    await fill(audit, 2);
    const report = verifyLog(path);
    expect(report).toMatchObject({ ok: true, complete: false });
    expect(report.elsewhere).toMatchObject([{ from: 1, to: 3, reason }]);
    const moved = readdirSync(dirname(path)).filter((name) => name !== basename(path));
    const paths = moved.map((name) => join(dirname(path), name));
    expect(verifyLog(path, paths)).toMatchObject({ ok: true, complete: true });
  });

  it('removes it: what was in it is elsewhere, and told', async () => {
    const { audit, path } = openTestAudit();
    await fill(audit, 3);
    writeFileSync(`${path}.holds-the-inode`, '');
    rmSync(path);
    await fill(audit, 2);
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: false, elsewhere: [{ from: 1, to: 3 }] });
  });

  it('is told from the rotation of another gateway, which is complete', async () => {
    const first = openTestAudit({ maxBytes: 3000 });
    const second = openTestAudit({ path: first.path, maxBytes: 3000 });
    for (let n = 0; n < 20; n++) {
      await fill(first.audit, 1);
      await fill(second.audit, 1);
    }
    expect(verifyLog(first.path)).toMatchObject({ ok: true, complete: true, elsewhere: [] });
  });

  it('what is said about it is told once, also where the next write fails', async () => {
    const { audit, path } = openTestAudit();
    await fill(audit, 1);
    truncated(path);
    await fill(audit, 3);
    expect(recordsOf(path).filter(({ operation }) => operation === 'log_continued')).toHaveLength(1);
  });
});

function truncated(path: string): void {
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

describe('what verify finds missing', () => {
  const rotated = async (keep = 100) => {
    const { audit, path } = openTestAudit({ maxBytes: 4000, keep, minAgeMs: 0 });
    for (let n = 0; n < 12; n++) {
      await fill(audit, 5);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await audit.close();
    return path;
  };
  const filesOf = (path: string): string[] =>
    readdirSync(dirname(path))
      .filter((name) => /\.\d{6}$/.test(name))
      .sort()
      .map((name) => join(dirname(path), name));

  it('the oldest file, one in the middle, the newest: each fails where no record says that the gateway removed it', async () => {
    for (const which of [0, 3, -1]) {
      const path = await rotated();
      const gone = filesOf(path).at(which) ?? '';
      rmSync(gone);
      const { ok, problems } = verifyLog(path);
      expect(ok, gone).toBe(false);
      expect(problems.map(({ kind }) => kind)).toContain('files-missing');
    }
  });

  it('all of them', async () => {
    const path = await rotated();
    for (const file of filesOf(path)) rmSync(file);
    expect(verifyLog(path).ok).toBe(false);
  });

  it('what the gateway removed is fine, and one more file is not', async () => {
    const path = await rotated(3);
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true, notes: [] });
    rmSync(filesOf(path)[0] ?? '');
    expect(verifyLog(path).ok).toBe(false);
  });

  it('lines cut off the beginning of what the gateway left', async () => {
    const path = await rotated(3);
    const [first = ''] = filesOf(path);
    writeFileSync(first, `${linesOf(first).slice(2).join('\n')}\n`);
    expect(verifyLog(path).problems).toMatchObject([{ kind: 'missing' }]);
  });

  it('a changed record of a removal', async () => {
    const path = await rotated(3);
    for (const file of [...filesOf(path), path]) {
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"number":', '"number":1'));
    }
    expect(verifyLog(path).ok).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('permissions', () => {
  it.each([
    [0o666, 0o600],
    [0o644, 0o600],
    [0o660, 0o600],
    [0o640, 0o640],
    [0o600, 0o600],
  ])('a log of mode %o becomes %o', async (before, after) => {
    const path = join(tempDirectory(), 'audit.jsonl');
    writeFileSync(path, '');
    chmodSync(path, before);
    const { audit, events } = openTestAudit({ path });
    await fill(audit, 1);
    expect(statSync(path).mode & 0o777).toBe(after);
    expect(events).toEqual(before === after ? [] : [{ kind: 'tightened', path }]);
  });

  it.each([
    [0o777, 0o755],
    [0o775, 0o755],
    [0o1777, 0o1777],
    [0o755, 0o755],
  ])('a folder of mode %o becomes %o', async (before, after) => {
    const folder = join(tempDirectory(), 'logs');
    mkdirSync(folder);
    chmodSync(folder, before);
    const { audit } = openTestAudit({ path: join(folder, 'audit.jsonl') });
    await fill(audit, 1);
    expect(statSync(folder).mode & 0o7777).toBe(after);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  const pipe = (): string => {
    const path = join(tempDirectory(), 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    return path;
  };
  const reader = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

  it('that nobody reads: refused at once, until somebody does', async () => {
    const path = pipe();
    const { audit } = openTestAudit({ path });
    await expect(audit.append(recordOf())).rejects.toThrow(/ENXIO/);
    reader(path);
    await audit.append(recordOf());
  });

  it('whose reader is frozen: waits a moment, refuses, and goes on without a torn line when it reads again', async () => {
    const path = pipe();
    const fd = reader(path);
    const { audit, events } = openTestAudit({ path });
    let refused: unknown;
    let sent = 0;
    for (; refused === undefined && sent < 1000; sent++) {
      await audit.append(recordOf({ server: 'x'.repeat(400) }))?.catch((error: unknown) => {
        refused = error;
      });
    }
    expect(String(refused)).toMatch(/EAGAIN/);
    const before = performance.now();
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(performance.now() - before).toBeLessThan(500);
    expect(events.map(({ kind }) => kind)).toEqual(['failed']);
    const read: Buffer[] = [];
    const room = Buffer.alloc(1 << 20);
    const drain = (): void => {
      try {
        for (let length = 1; length > 0; ) {
          length = readSync(fd, room);
          read.push(Buffer.from(room.subarray(0, length)));
        }
      } catch {
        // Empty.
      }
    };
    let isRecorded = false;
    while (!isRecorded) {
      drain();
      isRecorded = await Promise.resolve(audit.append(recordOf())).then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    drain();
    const file = join(tempDirectory(), 'read');
    writeFileSync(file, Buffer.concat(read));
    expect(verifyLog(file)).toMatchObject({ ok: true });
    expect(events.map(({ kind }) => kind)).toEqual(['failed', 'recovered']);
  });
});

it('a file that is no log is left as it is, with its name and its rights', async () => {
  for (const content of ['#!/bin/sh\n', '{"mcpServers":{}}\n', '\x7fELF\0\0\n', ' \n']) {
    const path = join(tempDirectory(), 'precious');
    writeFileSync(path, content, { mode: 0o755 });
    utimesSync(path, 1, 1);
    const { audit } = openTestAudit({ path });
    await expect(audit.append(recordOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect([readFileSync(path, 'latin1'), statSync(path).mode & 0o777]).toEqual([content, 0o755]);
    expect(readdirSync(dirname(path))).toEqual(['precious']);
  }
});

it('a log of the gateway before this one, and one whose beginning was cut or cleared, go on', async () => {
  for (const content of [
    '{"timestamp": "2025-01-01T00:00:00Z"}\n',
    '{"timestamp":"20',
    '\0\0{"timestamp":"2',
    '\0\0\0',
  ]) {
    const path = join(tempDirectory(), 'audit.jsonl');
    writeFileSync(path, content, { mode: 0o600 });
    const { audit } = openTestAudit({ path });
    await audit.append(recordOf());
    expect(readFileSync(path, 'latin1').startsWith(content)).toBe(true);
  }
});

it('a pipe keeps nothing: whoever reads the log is told at once', () => {
  const path = join(tempDirectory(), 'pipe');
  spawnSync('mkfifo', [path]);
  expect(() => verifyLog(path)).toThrow(expect.objectContaining({ code: 'ESPIPE' }));
});
