import { existsSync, type PathLike, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { faulty, linesOf, openTestAudit, recordOf, recordsOf, systemError } from './fixtures.ts';
import { verifyLog } from './verify-log.ts';

const DAY = 86_400_000;
/** No process has this id: it is above what the kernel gives out. */
const DEAD = 2 ** 22 + 1;

function names(path: string): string[] {
  return readdirSync(dirname(path)).sort();
}

function rotatedNames(path: string): string[] {
  return names(path).filter((name) => /\.\d{6}$/.test(name));
}

/** All records of a log and its rotated files. */
function recordsIn(path: string): Record<string, unknown>[] {
  return names(path)
    .filter((name) => /jsonl(\.\d{6})?$/.test(name))
    .flatMap((name) => recordsOf(join(dirname(path), name)));
}

function totalBytes(path: string): number {
  return names(path).reduce((sum, name) => sum + statSync(join(dirname(path), name)).size, 0);
}

async function fill(
  audit: { append: (record: ReturnType<typeof recordOf>) => Promise<void> | undefined },
  count: number,
) {
  for (let n = 0; n < count; n++) await audit.append(recordOf({ request_id: `r-${n}` }));
}

describe('rotation', () => {
  it('by size: no file grows over the limit, and the chain goes on over all of them', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 3000, keep: 100 });
    await fill(audit, 20);
    const files = names(path);
    expect(files.slice(0, 3)).toEqual(['audit.jsonl', 'audit.jsonl.000001', 'audit.jsonl.000002']);
    for (const file of files) expect(statSync(`${dirname(path)}/${file}`).size).toBeLessThanOrEqual(3000);
    expect(statSync(`${path}.000001`).mode & 0o777).toBe(0o600);
    const rotations = files.length - 1;
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true, records: 20 + rotations, notes: [] });
  });

  it('by age, counted from the first line, also over a restart', async () => {
    let now = Date.UTC(2025, 0, 1);
    const first = openTestAudit({ maxAgeMs: 30 * DAY, now: () => now });
    await fill(first.audit, 2);
    await first.audit.close();
    now += 29 * DAY;
    const second = openTestAudit({ path: first.path, maxAgeMs: 30 * DAY, now: () => now });
    await fill(second.audit, 1);
    expect(names(first.path)).toEqual(['audit.jsonl']);
    now += 2 * DAY;
    await fill(second.audit, 1);
    expect(names(first.path)).toEqual(['audit.jsonl', 'audit.jsonl.000001']);
    expect(linesOf(first.path)).toHaveLength(2);
  });

  it('removes the oldest files beyond those it keeps, after a record of that', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 4000, keep: 3, minAgeMs: 0 });
    for (let n = 0; n < 15; n++) {
      await fill(audit, 4);
      await audit.settled();
    }
    expect(names(path)).toEqual(['audit.jsonl', ...rotatedNames(path).slice(-3)]);
    expect(recordsIn(path).filter(({ operation }) => operation === 'log_pruned').length).toBeGreaterThan(0);
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true, notes: [] });
  });

  it('removes old files that it would keep where there is no room for them', async () => {
    const { audit, path, events } = openTestAudit({ maxBytes: 4000, maxTotalBytes: 8 * 2000, keep: 10, minAgeMs: 0 });
    for (let n = 0; n < 40; n++) {
      await fill(audit, 2);
      await audit.settled();
    }
    expect(events).toEqual([]);
    expect(totalBytes(path)).toBeLessThanOrEqual(8 * 2000);
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true });
  });

  it('goes on where the log was larger than all may be, once it is old', async () => {
    let at = 0;
    const before = openTestAudit();
    await fill(before.audit, 60);
    await before.audit.close();
    const limits = { maxTotalBytes: 8 * 1000, minAgeMs: DAY, monotonic: () => at };
    const { audit, path } = openTestAudit({ ...limits, path: before.path });
    const tried = async (count: number): Promise<boolean> => {
      for (let n = 0; n < count; n++) {
        try {
          await audit.append(recordOf());
        } catch {
          return false;
        }
      }
      return true;
    };
    expect(await tried(20)).toBe(false);
    expect(rotatedNames(path)).toHaveLength(1);
    at += 2 * DAY;
    expect(await tried(3)).toBe(true);
    await audit.settled();
    expect(totalBytes(path)).toBeLessThanOrEqual(8 * 1000);
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true });
  });

  it('removes no record that is younger than the minimum age, and refuses where there is no room for more', async () => {
    let at = 0;
    const limits = { maxBytes: 2000, maxTotalBytes: 8 * 2000, keep: 2, minAgeMs: DAY, monotonic: () => at };
    const { audit, path, events } = openTestAudit(limits);
    const refused: unknown[] = [];
    for (let n = 0; n < 60; n++) await audit.append(recordOf())?.catch((error: unknown) => refused.push(error));
    expect(String(refused[0])).toMatch(/too young to be removed/);
    expect(refused.length).toBeGreaterThan(20);
    expect(totalBytes(path)).toBeLessThanOrEqual(8 * 2000);
    expect(names(path)).toContain('audit.jsonl.000001');
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true });
    expect(events.at(-1)?.kind).toBe('failed');
    // A day later there is room again.
    at += DAY + 1000;
    await audit.append(recordOf());
    await audit.settled();
    expect(events.at(-1)?.kind).toBe('recovered');
    expect(names(path)).not.toContain('audit.jsonl.000001');
    expect(verifyLog(path)).toMatchObject({ ok: true, complete: true });
  });

  it.each([
    ['forward a year', 365 * DAY],
    ['back ten years', -3650 * DAY],
  ])('a clock that is set %s makes nothing old and blocks nothing for ever', async (_what, jump) => {
    let at = 0;
    let now = Date.now();
    const clocks = { now: () => now, monotonic: () => at };
    const { audit, path } = openTestAudit({ maxBytes: 4000, keep: 2, minAgeMs: DAY, ...clocks });
    await fill(audit, 40);
    now += jump;
    await fill(audit, 15);
    await audit.settled();
    expect(names(path)).toContain('audit.jsonl.000001');
    at += DAY + 1000;
    for (let n = 0; n < 15; n++) {
      await fill(audit, 4);
      await audit.settled();
    }
    expect(names(path)).not.toContain('audit.jsonl.000001');
    expect(verifyLog(path).problems).toEqual([]);
  });

  it('never replaces a file that has the next number already', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 1 });
    writeFileSync(`${path}.000041`, 'precious');
    await fill(audit, 2);
    expect(names(path)).toEqual(['audit.jsonl', 'audit.jsonl.000041', 'audit.jsonl.000042']);
    expect(linesOf(`${path}.000041`)).toEqual(['precious']);
  });

  it('leaves it to a living process that holds the lock, and goes on writing', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 1 });
    writeFileSync(`${path}.lock`, `${process.pid} ${hostname()}\n`);
    await fill(audit, 3);
    expect(linesOf(path)).toHaveLength(3);
    expect(existsSync(`${path}.000001`)).toBe(false);
  });

  it.each([
    ['of a process that died', `${DEAD} ${hostname()}\n`, 0],
    ['that nobody touches', '1 another-host\n', 60],
    ['that nobody signed or touches', '', 60],
  ])('removes a lock %s', async (_, content, watchedSeconds) => {
    let at = 0;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const { audit, path } = openTestAudit({ maxBytes: 1, monotonic: () => at });
    writeFileSync(`${path}.lock`, content);
    await fill(audit, 2);
    clock.mockReturnValue(watchedSeconds * 1000);
    at += 1000;
    // One attempt removes it, the next one has it.
    for (let attempt = 0; attempt < 2; attempt++) {
      await fill(audit, 1);
      at += 1000;
    }
    expect(names(path)).toContain('audit.jsonl.000001');
  });

  it('never renames onto a file, which may hold lines, and which ext4 would make everybody wait for', async () => {
    const targets: [name: string, isThere: boolean][] = [];
    const rename = (from: PathLike, to: PathLike) => {
      targets.push([basename(String(to)), existsSync(to)]);
      renameSync(from, to);
    };
    const { audit, path } = openTestAudit({ maxBytes: 1, files: faulty({ renameSync: rename }) });
    await fill(audit, 1);
    writeFileSync(`${path}.000001`, '');
    writeFileSync(`${path}.000003.lock`, `${process.pid} ${hostname()}\n`);
    await fill(audit, 3);
    expect(targets).toEqual([2, 4, 5].map((number) => [`audit.jsonl.00000${number}`, false]));
  });

  it('goes on in the full file when it cannot be rotated, and says so once a minute', async () => {
    let at = 0;
    const renameSync = () => {
      throw systemError('EACCES');
    };
    const { audit, path, events } = openTestAudit({ maxBytes: 1, monotonic: () => at, files: faulty({ renameSync }) });
    await fill(audit, 3);
    at += 61_000;
    await fill(audit, 2);
    expect(linesOf(path)).toHaveLength(5);
    expect(events.map((event) => event.kind)).toEqual(['rotation-failed', 'rotation-failed']);
    expect(names(path)).toEqual([basename(path)]);
  });

  it('several sinks on one file: each follows the others, no line is lost', async () => {
    const first = openTestAudit({ maxBytes: 5000, keep: 1000 });
    const others = [1, 2, 3].map(() => openTestAudit({ path: first.path, maxBytes: 5000, keep: 1000 }));
    const audits = [first, ...others].map(({ audit }) => audit);
    for (let turn = 0; turn < 50; turn++) {
      await Promise.all(audits.flatMap((audit) => [audit.append(recordOf()), audit.append(recordOf())]));
    }
    const report = verifyLog(first.path);
    expect(report).toMatchObject({ ok: true, complete: true, problems: [], notes: [] });
    const lines = recordsIn(first.path);
    expect(lines.filter(({ operation }) => operation === 'execute_tool')).toHaveLength(400);
    expect(report.writers).toHaveLength(4);
    expect(report.files.length).toBeGreaterThan(20);
    expect(names(first.path)).not.toContain('audit.jsonl.lock');
  });
});
