/**
 * The file under the log: opened again when it must be, rotated when it is full, repaired where a write was cut off. What others did
 * to it (renamed, removed, truncated) is noticed before the next line.
 */
import { Buffer } from 'node:buffer';
import { basename, dirname } from 'node:path';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';
import { type AuditFs, type FileIdentity, rotatedFiles, sameFile } from './file-system.ts';
import { endLine, firstTimestamp, lastByte, readHead, startsWith } from './log-bytes.ts';
import { behind, full } from './log-errors.ts';
import { openLog } from './open-log.ts';
import type { AgedFile, Retention } from './retention.ts';
import { rotate } from './rotate-log.ts';

interface AppendFileOptions {
  readonly files: AuditFs;
  readonly path: string;
  /** Bytes after which the log is rotated. */
  readonly maxBytes: number;
  /** Milliseconds between the first line of a file and its rotation. */
  readonly maxAgeMs: number;
  readonly retention: Retention;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** A rotation failed; the lines go on into the same file. */
  readonly onRotationFailure: (error: unknown) => void;
  /** Others could write or read this. */
  readonly onTightened: (path: string) => void;
  /** This process rotated the file; rotated files that may go now. @param log the real path of the log */
  readonly onRotated: (log: string, removable: readonly AgedFile[]) => void;
}

/** The result of an append: all bytes, or `written` of them and what stopped it. */
type Appended = { readonly ok: true } | { readonly ok: false; readonly written: number; readonly error: unknown };

/** The reason why the file is another one than at the last line, or begins anew. */
export interface LogFileChange {
  readonly reason: 'rotated' | 'renamed' | 'removed' | 'truncated';
  /** The file in which the lines before are, where that is known. */
  readonly after?: string;
}

interface OpenFile extends FileIdentity {
  /** Its real path: a link to a log elsewhere stays a link. */
  readonly log: string;
  readonly fd: number;
  /** False for a device or a pipe: no rotation, nothing to repair. */
  readonly regular: boolean;
  /** The time at which its first line was written, milliseconds since 1970. */
  since: number;
  /** Size after our last write; any other size means that somebody else wrote too. */
  end: number;
  /** The first bytes: others mean that the file was truncated and filled again. */
  head: Buffer | undefined;
  /** True if lines of this process are in it. */
  hasOurs: boolean;
}

const LINE_FEED = 0x0a;
const FEED = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
/** Pauses after a rotation that failed, after one that another process had begun, and where there is no room. Milliseconds. */
const RETRY_FAILED = 60_000;
const RETRY_BUSY = 100;
const RETRY_FULL = 1000;
/** Bytes that wait for the reader of a pipe. */
const MAX_BACKLOG = 1024 * 1024;

export class AppendFile {
  readonly #options: AppendFileOptions;
  #open: OpenFile | undefined;
  /** The last one that was open, while none is. */
  #last: OpenFile | undefined;
  #prepared: { readonly file: OpenFile; readonly size: number } | undefined;
  #rotateAfter = 0;
  #fullUntil = 0;
  #backlog: Buffer = NOTHING;

  constructor(options: AppendFileOptions) {
    this.#options = options;
  }

  /**
   * Makes the log ready for so many bytes, at most.
   * @returns what happened to it since the last line; a record of that comes first.
   * @throws what the file system throws; with the code AUDIT_FULL where all records are too young to go.
   */
  prepare(bytes: number): LogFileChange | undefined {
    const change = this.#look();
    const { file, size } = this.#prepared ?? this.#openNow();
    const to = this.#rotateIfDue(file, size, bytes);
    if (to === undefined) return change;
    this.#openNow();
    return to === '' ? change : { reason: 'rotated', after: basename(to) };
  }

  /** Appends whole lines, the last line feed included, to what was prepared. Never throws; after a failure the next call tries anew. */
  append(lines: Buffer): Appended {
    let written = 0;
    try {
      const { file, size } = this.#prepared ?? this.#openNow();
      if (!file.regular) return this.#send(file, lines);
      const { files } = this.#options;
      const broken = size > 0 && size !== file.end && lastByte(files, file.fd, size) !== LINE_FEED;
      const bytes = broken ? Buffer.concat([FEED, lines]) : lines;
      const extra = bytes.length - lines.length;
      for (let done = 0; done < bytes.length; written = Math.max(0, done - extra)) {
        // A second turn only tells why the first was cut short: a full disk says so then.
        done += files.writeSync(file.fd, bytes, done, bytes.length - done);
      }
      file.end = size + bytes.length;
      this.#prepared = { file, size: file.end };
      if (lines.length > 0) file.hasOurs = true;
      if (lines.length > 0) file.head ??= readHead(files, file.fd);
      return { ok: true };
    } catch (error) {
      if (this.#open !== undefined && written > 0) {
        endLine(this.#options.files, this.#open.fd);
        this.#open.hasOurs = true;
      }
      this.close();
      return { ok: false, written, error };
    }
  }

  /** True if the reader of a pipe has not taken everything yet. */
  isBehind(): boolean {
    return this.#backlog.length > 0;
  }

  /** Sends on what a pipe did not take. @throws what the system says where nobody will ever take it */
  drain(): void {
    const file = this.#open;
    if (file === undefined) this.#backlog = NOTHING;
    else this.#push(file);
  }

  close(): void {
    const file = this.#open;
    this.#prepared = undefined;
    if (file === undefined) return;
    this.#open = undefined;
    this.#last = file;
    try {
      this.#options.files.closeSync(file.fd);
    } catch {
      // Nothing is buffered here: what was written stays written.
    }
  }

  /** Finds the file that the path means now. */
  #look(): LogFileChange | undefined {
    const { files, path } = this.#options;
    const before = this.#open ?? this.#last;
    if (this.#open !== undefined) {
      const stats = files.statSync(path, { throwIfNoEntry: false });
      if (stats !== undefined && sameFile(stats, this.#open)) {
        this.#prepared = { file: this.#open, size: stats.size };
        return this.#truncated(this.#open, stats.size);
      }
    }
    const fate = this.#open === undefined ? undefined : this.#fateOf(this.#open);
    const { file, size } = this.#openNow();
    if (before === undefined || !before.regular || !file.regular || !before.hasOurs) return undefined;
    if (sameFile(before, file)) {
      Object.assign(file, { end: before.end, head: before.head, hasOurs: true });
      return this.#truncated(file, size);
    }
    return fate ?? this.#fateOf(before);
  }

  /** The place of a file whose name another one has; undefined where this or another gateway rotated it. */
  #fateOf(file: OpenFile): LogFileChange | undefined {
    const { files } = this.#options;
    if (!file.regular || !file.hasOurs) return undefined;
    try {
      const isRotated = rotatedFiles(files, file.log).some(({ path: other }) => {
        const stats = files.statSync(other, { throwIfNoEntry: false });
        return stats !== undefined && sameFile(stats, file);
      });
      if (isRotated) return undefined;
      const isLinked = file === this.#open && files.fstatSync(file.fd).nlink > 0;
      return { reason: isLinked ? 'renamed' : 'removed' };
    } catch {
      return { reason: 'removed' };
    }
  }

  #truncated(file: OpenFile, size: number): LogFileChange | undefined {
    if (!file.regular || !file.hasOurs || size === file.end) return undefined;
    const { files, now } = this.#options;
    if (size >= file.end && (file.head === undefined || startsWith(files, file.fd, file.head))) return undefined;
    Object.assign(file, { since: now(), end: -1, head: undefined, hasOurs: false });
    return { reason: 'truncated' };
  }

  #openNow(): { readonly file: OpenFile; readonly size: number } {
    this.close();
    const { files, path, now, onTightened } = this.#options;
    // Only before the first success: a directory that somebody removed under a running gateway is a failure to be seen.
    if (this.#last === undefined) makeFolder(dirname(path), files);
    const { fd, stats, tightened } = openLog(files, path, this.#last === undefined);
    const regular = stats.isFile();
    const file: OpenFile = {
      log: regular ? realPath(files, path) : path,
      fd,
      dev: stats.dev,
      ino: stats.ino,
      regular,
      since: regular && stats.size > 0 ? firstTimestamp(files, fd, stats) : now(),
      end: -1,
      head: regular && stats.size > 0 ? readHead(files, fd) : undefined,
      hasOurs: false,
    };
    this.#open = file;
    this.#prepared = { file, size: stats.size };
    for (const loose of tightened) onTightened(loose);
    return this.#prepared;
  }

  /** @returns the new name of the full file, '' where another process rotated it, undefined where it stays. */
  #rotateIfDue(file: OpenFile, size: number, more: number): string | undefined {
    if (!file.regular || size === 0) return undefined;
    const { files, path, maxBytes, maxAgeMs, retention, now, monotonic, onRotationFailure, onRotated } = this.#options;
    const isFull = size + more > maxBytes;
    if (!isFull && now() - file.since < maxAgeMs) return undefined;
    if (monotonic() < this.#fullUntil && isFull) throw full();
    if (monotonic() < this.#rotateAfter) return undefined;
    const { log } = file;
    let rotated: AgedFile[];
    try {
      rotated = retention.look(log);
    } catch (error) {
      this.#rotateAfter = monotonic() + RETRY_FAILED;
      onRotationFailure(error);
      return undefined;
    }
    const bytes = size + maxBytes;
    // A file that is too large even alone is moved aside all the same: only there it grows old.
    if (!retention.hasRoom(rotated, bytes) && retention.hasRoom([], bytes)) {
      if (!isFull) return undefined;
      this.#fullUntil = monotonic() + RETRY_FULL;
      throw full();
    }
    try {
      const outcome = rotate(files, path, file);
      if (outcome === 'done by another') return '';
      if (outcome !== 'busy') {
        onRotated(log, retention.removable(retention.look(log), maxBytes));
        return outcome.to;
      }
      this.#rotateAfter = monotonic() + RETRY_BUSY;
    } catch (error) {
      this.#rotateAfter = monotonic() + RETRY_FAILED;
      onRotationFailure(error);
    }
    return undefined;
  }

  #send(file: OpenFile, lines: Buffer): Appended {
    if (this.#backlog.length + lines.length > MAX_BACKLOG) return { ok: false, written: 0, error: behind() };
    // A copy: the place of the lines is used again.
    this.#backlog = this.#backlog.length === 0 ? Buffer.from(lines) : Buffer.concat([this.#backlog, lines]);
    this.#push(file);
    return { ok: true };
  }

  #push(file: OpenFile): void {
    const { files } = this.#options;
    try {
      while (this.#backlog.length > 0) this.#backlog = this.#backlog.subarray(files.writeSync(file.fd, this.#backlog));
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') return;
      this.#backlog = NOTHING;
      throw error;
    }
  }
}

/** The path itself where another process has just moved the file away. */
function realPath(files: AuditFs, path: string): string {
  try {
    return files.realpathSync(path);
  } catch {
    return path;
  }
}
