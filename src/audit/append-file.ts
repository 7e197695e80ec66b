/** The file under the log: opened again when it must be, rotated when it is full, repaired where a write was cut off. */
import { Buffer } from 'node:buffer';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../shared/make-folder.ts';
import { type AuditFs, type FileIdentity, sameFile } from './files.ts';
import { rotate } from './rotate.ts';

export interface AppendFileOptions {
  readonly files: AuditFs;
  readonly path: string;
  /** Bytes. */
  readonly maxBytes: number;
  /** Milliseconds between the first line of a file and its rotation. */
  readonly maxAgeMs: number;
  /** How many rotated files stay. */
  readonly keep: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A rotation failed; the lines go on into the same file. */
  readonly onRotationFailure: (error: unknown) => void;
}

/** How far an append came: all bytes, or `written` of them and what stopped it. */
export type Appended =
  | { readonly ok: true }
  | { readonly ok: false; readonly written: number; readonly error: unknown };

export interface AppendFile {
  /** Appends whole lines, the last line feed included, in one write. Never throws; after a failure the next call tries anew. */
  append(lines: Buffer): Appended;
  close(): void;
}

interface OpenFile extends FileIdentity {
  readonly fd: number;
  /** False for a device or a pipe: no rotation, nothing to repair. */
  readonly regular: boolean;
  /** When its first line was written, milliseconds since 1970. */
  readonly since: number;
  /** Size after our last write; any other size means that somebody else wrote too. */
  expected: number;
}

const LINE_FEED = 0x0a;
const FEED = Buffer.from('\n');
/** Pauses after a rotation that failed, and after one that another process had begun. Milliseconds. */
const RETRY_FAILED = 60_000;
const RETRY_BUSY = 100;

export function openAppendFile(options: AppendFileOptions): AppendFile {
  const { files, path } = options;
  let open: OpenFile | undefined;
  let wasOpen = false;
  let rotateAfter = 0;

  const close = (): void => {
    if (open === undefined) return;
    const { fd } = open;
    open = undefined;
    try {
      files.closeSync(fd);
    } catch {
      // Nothing is buffered here: what was written stays written.
    }
  };

  const openNow = (): { file: OpenFile; size: number } => {
    close();
    // Only before the first success: a directory that somebody removed under a running gateway is a failure to be seen.
    if (!wasOpen) makeFolder(dirname(path), files);
    const fd = files.openSync(path, 'a+', 0o600);
    const stats = files.fstatSync(fd);
    const regular = stats.isFile();
    open = {
      fd,
      dev: stats.dev,
      ino: stats.ino,
      regular,
      since: regular && stats.size > 0 ? firstTimestamp(files, fd, stats) : options.now(),
      expected: -1,
    };
    wasOpen = true;
    return { file: open, size: stats.size };
  };

  /** The file that the path means now: another process may have rotated it, somebody may have removed it. */
  const current = (): { file: OpenFile; size: number } => {
    if (open === undefined) return openNow();
    const stats = files.statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && sameFile(stats, open) ? { file: open, size: stats.size } : openNow();
  };

  const rotateIfDue = (file: OpenFile, size: number, more: number): boolean => {
    if (!file.regular || size === 0) return false;
    const now = options.now();
    if (size + more <= options.maxBytes && now - file.since < options.maxAgeMs) return false;
    if (now < rotateAfter) return false;
    try {
      if (rotate(files, path, file, options.keep)) return true;
      rotateAfter = now + RETRY_BUSY;
    } catch (error) {
      rotateAfter = now + RETRY_FAILED;
      options.onRotationFailure(error);
    }
    return false;
  };

  return {
    close,
    append(lines) {
      let written = 0;
      try {
        let { file, size } = current();
        if (rotateIfDue(file, size, lines.length)) ({ file, size } = openNow());
        const broken =
          file.regular && size > 0 && size !== file.expected && lastByte(files, file.fd, size) !== LINE_FEED;
        const bytes = broken ? Buffer.concat([FEED, lines]) : lines;
        const extra = bytes.length - lines.length;
        for (let done = 0; done < bytes.length; written = Math.max(0, done - extra)) {
          // A second turn only tells why the first was cut short: a full disk says so then.
          done += files.writeSync(file.fd, bytes, done, bytes.length - done);
        }
        file.expected = size + bytes.length;
        return { ok: true };
      } catch (error) {
        if (open !== undefined && written > 0) endLine(files, open.fd);
        close();
        return { ok: false, written, error };
      }
    },
  };
}

/** Ends a line that was cut off. If that fails too, the next append finds it unended. */
function endLine(files: AuditFs, fd: number): void {
  try {
    files.writeSync(fd, FEED);
  } catch {
    // The disk is still full.
  }
}

function lastByte(files: AuditFs, fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  return files.readSync(fd, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/** Age of a file as its first line tells it; the file system's own idea where the line does not. */
function firstTimestamp(files: AuditFs, fd: number, stats: Stats): number {
  const head = Buffer.alloc(64);
  const length = files.readSync(fd, head, 0, head.length, 0);
  const found = /^\{"timestamp":"([^"]+)"/.exec(head.toString('latin1', 0, length))?.[1];
  const time = found === undefined ? Number.NaN : Date.parse(found);
  return Number.isNaN(time) ? stats.birthtimeMs || stats.mtimeMs : time;
}
