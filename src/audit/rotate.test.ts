import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { faulty, linesOf, openTestAudit, recordOf, systemError } from './fixtures.ts';
import { verifyLog } from './verify.ts';

const DAY = 86_400_000;
/** No process has this id: it is above what the kernel gives out. */
const DEAD = 2 ** 22 + 1;

function names(path: string): string[] {
  return readdirSync(dirname(path)).sort();
}

async function fill(
  audit: { append: (record: ReturnType<typeof recordOf>) => Promise<void> | undefined },
  count: number,
) {
  for (let n = 0; n < count; n++) await audit.append(recordOf({ request_id: `r-${n}` }));
}

describe('rotation', () => {
  it('by size: no file grows over the limit, and the chain goes on over all of them', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 2000, keep: 100 });
    await fill(audit, 20);
    const files = names(path);
    expect(files.slice(0, 3)).toEqual(['audit.jsonl', 'audit.jsonl.000001', 'audit.jsonl.000002']);
    for (const file of files) expect(statSync(`${dirname(path)}/${file}`).size).toBeLessThanOrEqual(2000);
    expect(statSync(`${path}.000001`).mode & 0o777).toBe(0o600);
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 20, notes: [] });
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
    expect(linesOf(first.path)).toHaveLength(1);
  });

  it('keeps the newest files, and says that older ones are gone', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 1, keep: 3 });
    await fill(audit, 10);
    expect(names(path)).toEqual(['audit.jsonl', ...[7, 8, 9].map((number) => `audit.jsonl.00000${number}`)]);
    const report = verifyLog(path);
    expect(report).toMatchObject({ ok: true, records: 4 });
    expect(report.notes).toHaveLength(1);
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
    let now = Date.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const { audit, path } = openTestAudit({ maxBytes: 1, now: () => now });
    writeFileSync(`${path}.lock`, content);
    await fill(audit, 2);
    clock.mockReturnValue(watchedSeconds * 1000);
    now += 1000;
    // One attempt removes it, the next one has it.
    for (let attempt = 0; attempt < 2; attempt++) {
      await fill(audit, 1);
      now += 1000;
    }
    expect(names(path)).toContain('audit.jsonl.000001');
  });

  it('goes on in the full file when it cannot be rotated, and says so once a minute', async () => {
    let now = Date.now();
    const renameSync = () => {
      throw systemError('EACCES');
    };
    const { audit, path, events } = openTestAudit({ maxBytes: 1, now: () => now, files: faulty({ renameSync }) });
    await fill(audit, 3);
    now += 61_000;
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
    expect(report).toMatchObject({ ok: true, records: 400, problems: [], notes: [] });
    expect(report.writers).toHaveLength(4);
    expect(report.files.length).toBeGreaterThan(20);
    expect(names(first.path)).not.toContain('audit.jsonl.lock');
  });
});
