/** Removing the oldest rotated files: first a chained record says what goes, then it goes. */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { takeLock } from '../shared/lock-file.ts';
import { systemCode } from '../shared/system-code.ts';
import type { AuditRecord } from './audit-record.ts';
import { eventRecord } from './event-record.ts';
import type { AuditFs, RotatedFile } from './file-system.ts';
import { parseLine } from './parse-line.ts';

/** Writers in one record: they fit into the `detail` of a record. */
const WRITERS_PER_RECORD = 100;
/** Writers that are remembered over removed files, latest first. */
const MAX_WRITERS = 2000;
const CHUNK = 256 * 1024;

/** The summary of a file that goes. */
interface Summary {
  readonly records: number;
  /** The last record of each writer up to there, those of older files that went before included. */
  readonly writers: ReadonlyMap<string, number>;
  readonly forgotten: number;
}

/**
 * Removes rotated files, each after its records were written. Reads them a piece per turn of the event loop.
 * @throws what the file system throws, and as `append`.
 */
export async function pruneFiles(
  files: AuditFs,
  log: string,
  removable: readonly RotatedFile[],
  append: (record: AuditRecord) => Promise<void> | undefined,
): Promise<void> {
  for (const { path, number } of removable) {
    const summary = await summarise(path);
    if (summary === undefined) continue;
    for (const record of recordsOf(path, number, summary)) await append(record);
    const release = takeLock(files, `${log}.lock`);
    // Another process is at it; the next rotation tries again.
    if (release === undefined) return;
    try {
      files.unlinkSync(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    } finally {
      release();
    }
  }
}

function recordsOf(path: string, number: number, { records, writers, forgotten }: Summary): AuditRecord[] {
  const all = [...writers];
  const parts = Math.max(1, Math.ceil(all.length / WRITERS_PER_RECORD));
  return Array.from({ length: parts }, (_, part) =>
    eventRecord({
      operation: 'log_pruned',
      decision: 'ALLOW',
      detail: {
        file: basename(path),
        number,
        records,
        ...(forgotten > 0 ? { forgotten } : {}),
        last: Object.fromEntries(all.slice(part * WRITERS_PER_RECORD, (part + 1) * WRITERS_PER_RECORD)),
      },
    }),
  );
}

/** @returns undefined where the file is gone. */
async function summarise(path: string): Promise<Summary | undefined> {
  const own = new Map<string, number>();
  const carried = new Map<string, number>();
  let records = 0;
  let forgotten = 0;
  for await (const line of linesOf(path)) {
    // Parsed whole only where it may be about files that went before.
    const { writer, seq } = placeOf(line) ?? {};
    if (writer !== undefined && seq !== undefined) {
      records++;
      own.delete(writer);
      own.set(writer, seq);
    }
    if (!line.includes('"operation":"log_pruned"')) continue;
    const parsed = parseLine(line);
    if (parsed.kind !== 'intact' || parsed.pruned === undefined) continue;
    forgotten = Math.max(forgotten, parsed.pruned.forgotten);
    for (const [id, last] of parsed.pruned.last) carried.set(id, Math.max(last, carried.get(id) ?? 0));
  }
  if (records === 0 && !(await exists(path))) return undefined;
  const latestFirst = [...[...own].reverse(), ...[...carried].filter(([id]) => !own.has(id)).reverse()];
  return {
    records,
    writers: new Map(latestFirst.slice(0, MAX_WRITERS)),
    forgotten: forgotten + Math.max(0, latestFirst.length - MAX_WRITERS),
  };
}

const PLACE = /,"writer":"([0-9a-f]{1,64})","seq":(\d{1,15}),"prev":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}$/;

function placeOf(line: Buffer): { readonly writer: string; readonly seq: number } | undefined {
  const match = PLACE.exec(line.toString('latin1', Math.max(0, line.length - 320)));
  return match?.[1] === undefined ? undefined : { writer: match[1], seq: Number(match[2]) };
}

/** Lines that are longer than a piece are left out: no gateway writes any. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    const room = Buffer.alloc(CHUNK);
    let held = 0;
    for (;;) {
      if (held === CHUNK) held = 0;
      const { bytesRead } = await file.read(room, held, CHUNK - held, null);
      if (bytesRead === 0) return;
      const filled = room.subarray(0, held + bytesRead);
      let from = 0;
      for (let at = filled.indexOf(0x0a); at >= 0; at = filled.indexOf(0x0a, from)) {
        yield filled.subarray(from, at);
        from = at + 1;
      }
      held = filled.length - from;
      room.copyWithin(0, from, filled.length);
    }
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch {
    return false;
  }
}
