/**
 * Decides which rotated files may go. Records that are younger than a minimum age stay whatever there is of them. The age of a file is
 * measured by a clock that only goes forward from when this process saw it first, so that a wall clock that jumps makes nothing old.
 */
import { type AuditFs, type RotatedFile, rotatedFiles } from './file-system.ts';

interface RetentionOptions {
  readonly files: AuditFs;
  /** The number of rotated files that stay, however old they are, where they have room. */
  readonly keep: number;
  /** Milliseconds that every record stays. */
  readonly minAgeMs: number;
  /** Bytes that the log and its rotated files may have together. */
  readonly maxTotalBytes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
}

export interface AgedFile extends RotatedFile {
  readonly bytes: number;
  readonly isOld: boolean;
}

export interface Retention {
  /** The rotated files of a log, oldest first. @throws what the file system throws. */
  look(log: string): AgedFile[];
  /**
   * Those that may go now, oldest first: never many at once, so that a clock that was wrong at the start costs little.
   * @param bytes that need room beside them
   */
  removable(rotated: readonly AgedFile[], bytes: number): readonly AgedFile[];
  /** True if so many bytes more have room once the removable ones are gone. */
  hasRoom(rotated: readonly AgedFile[], bytes: number): boolean;
}

/** Files that go with one rotation: one more than comes. */
const MAX_AT_ONCE = 2;
/** A file that is dated later than this after now was written under another clock. */
const SKEW_MS = 3_600_000;
/** Before that, a clock was not set yet. */
const EARLIEST_NOW = Date.UTC(2025, 0, 1);

export function createRetention(options: RetentionOptions): Retention {
  const { files, keep, minAgeMs, maxTotalBytes, now, monotonic } = options;
  /** By inode: how old a file was when it was seen first, and when that was. */
  const firstSeen = new Map<number, { readonly age: number; readonly at: number }>();

  const ageOf = (path: string, ino: number, mtimeMs: number): number => {
    const known = firstSeen.get(ino);
    if (known !== undefined) return known.age + monotonic() - known.at;
    const age = now() - mtimeMs;
    // Its age is not known: it counts from now on, in later processes too.
    if (age < -SKEW_MS && now() > EARLIEST_NOW) redate(files, path, now());
    firstSeen.set(ino, { age: Math.max(0, age), at: monotonic() });
    return Math.max(0, age);
  };

  const removable = (rotated: readonly AgedFile[], bytes: number): readonly AgedFile[] => {
    let beyond = rotated.length - Math.max(1, keep);
    let excess = rotated.reduce((sum, file) => sum + file.bytes, bytes) - maxTotalBytes;
    const going: AgedFile[] = [];
    for (const file of rotated) {
      if (!file.isOld || going.length === MAX_AT_ONCE || (beyond <= 0 && excess <= 0)) break;
      going.push(file);
      beyond--;
      excess -= file.bytes;
    }
    return going;
  };

  return {
    removable,
    look(log) {
      const seen = new Set<number>();
      const found = rotatedFiles(files, log).flatMap(({ path, number }) => {
        const stats = files.statSync(path, { throwIfNoEntry: false });
        if (stats === undefined) return [];
        seen.add(stats.ino);
        return [{ path, number, bytes: stats.size, isOld: ageOf(path, stats.ino, stats.mtimeMs) >= minAgeMs }];
      });
      for (const ino of firstSeen.keys()) if (!seen.has(ino)) firstSeen.delete(ino);
      return found;
    },
    hasRoom(rotated, bytes) {
      const going = new Set(removable(rotated, bytes));
      return rotated.reduce((sum, file) => sum + (going.has(file) ? 0 : file.bytes), bytes) <= maxTotalBytes;
    },
  };
}

function redate(files: AuditFs, path: string, ms: number): void {
  try {
    files.utimesSync(path, ms / 1000, ms / 1000);
  } catch {
    // Then it stays for the minimum age of each process that sees it.
  }
}
