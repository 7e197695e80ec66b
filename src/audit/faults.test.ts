import { describe, expect, it } from 'vitest';
import { faulty, linesOf, openTestAudit, overWrites, recordOf, recordsOf, systemError } from './fixtures.ts';
import { verifyLog } from './verify-log.ts';

/** A disk with room for `left` bytes. */
function disk(left: number) {
  const state = { left };
  const writeSync = overWrites((write, bytes) => {
    if (bytes.length > 0 && state.left === 0) throw systemError('ENOSPC');
    const written = write(state.left);
    state.left -= written;
    return written;
  });
  return { state, files: faulty({ writeSync }) };
}

const failed = { code: 'AUDIT_UNAVAILABLE' };

describe('a disk that fails', () => {
  it('refuses with what the system said, and recovers with the next record', async () => {
    let broken = true;
    const writeSync = overWrites((write) => {
      if (broken) throw systemError('EIO');
      return write();
    });
    const { audit, path, events } = openTestAudit({ files: faulty({ writeSync }) });
    await expect(audit.append(recordOf())).rejects.toThrow(/EIO/);
    broken = false;
    await audit.append(recordOf());
    expect(recordsOf(path)).toMatchObject([{ seq: 1 }]);
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 1 });
    expect(events.map((event) => event.kind)).toEqual(['failed', 'recovered']);
  });

  it('leaves a readable and verifiable log wherever the write is cut off', async () => {
    const probe = openTestAudit();
    await probe.audit.append(recordOf({ request_id: 'a' }));
    const length = (linesOf(probe.path)[0]?.length ?? 0) + 1;
    const edges = [0, length, 2 * length].flatMap((edge) => [-2, -1, 0, 1, 2].map((offset) => edge + offset));
    const rooms = [
      ...edges.filter((room) => room >= 0),
      ...Array.from({ length: 40 }, (_, n) => Math.floor((n * length) / 20)),
    ];
    for (const room of rooms) {
      const { state, files } = disk(0);
      const { audit, path } = openTestAudit({ files });
      state.left = room;
      const both = Promise.all([
        audit.append(recordOf({ request_id: 'a' })),
        audit.append(recordOf({ request_id: 'b' })),
      ]);
      if (room < 2 * length) await expect(both).rejects.toMatchObject(failed);
      else await both;
      await expect(audit.append(recordOf({ request_id: 'lost' }))).rejects.toMatchObject(failed);
      state.left = 1_000_000;
      await audit.append(recordOf({ request_id: 'c' }));
      await audit.append(recordOf({ request_id: 'd' }));
      const report = verifyLog(path);
      expect(report.problems, `cut off after ${room} bytes`).toEqual([]);
      expect(report.notes).toHaveLength(hasFragment(room, length) ? 1 : 0);
      const ids = linesOf(path)
        .filter(isJson)
        .map((line) => (JSON.parse(line) as { request_id: string }).request_id);
      expect(ids.slice(-2)).toEqual(['c', 'd']);
      expect(ids).not.toContain('lost');
    }
  });

  it('ends a line that another process left torn', async () => {
    const { state, files } = disk(0);
    const first = openTestAudit({ files });
    state.left = 30;
    await expect(first.audit.append(recordOf())).rejects.toMatchObject(failed);
    const second = openTestAudit({ path: first.path });
    await second.audit.append(recordOf({ request_id: 'second' }));
    expect(linesOf(first.path).filter(isJson)).toHaveLength(1);
  });

  it('refuses while the log cannot be opened', async () => {
    let open = false;
    const files = faulty({});
    const { openSync } = files;
    const { audit, events } = openTestAudit({
      files: faulty({
        openSync: (...args) => {
          if (!open) throw systemError('EMFILE');
          return openSync(...args);
        },
      }),
    });
    await expect(audit.append(recordOf())).rejects.toThrow(/EMFILE/);
    open = true;
    await audit.append(recordOf());
    expect(events.map((event) => event.kind)).toEqual(['failed', 'failed', 'recovered']);
  });

  it('does not stop the process when nobody waits for a record that failed', async () => {
    const { audit, events } = openTestAudit({ files: disk(0).files });
    void audit.append(recordOf());
    await audit.append(recordOf())?.catch(() => {});
    await audit.close();
    void audit.append(recordOf());
    expect(events).toMatchObject([{ kind: 'failed', records: 2 }]);
  });
});

/** True if a write of two lines that stopped after `room` bytes left a part of a line. */
function hasFragment(room: number, length: number): boolean {
  const inLine = room % length;
  return inLine !== 0 && inLine !== length - 1;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
