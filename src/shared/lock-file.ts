/** A lock file: at most one process of this machine, or of those that share a folder, has it. */
import type fs from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { systemCode } from './system-code.ts';

type LockFs = Pick<typeof fs, 'closeSync' | 'openSync' | 'readFileSync' | 'statSync' | 'unlinkSync' | 'writeSync'>;

/** Milliseconds of looking on after which a lock that nobody touched has no owner. */
export const STALE_MS = 30_000;

/** The locks of others as they were last seen, by path: when each was touched, and since when that is so. */
const seen = new Map<string, { readonly mtimeMs: number; readonly since: number }>();

/** Not touched while we looked on. The clock of the day may jump, and also counts the time that a machine sleeps with all its processes. */
function isUntouched(path: string, mtimeMs: number): boolean {
  const now = performance.now();
  const before = seen.get(path);
  if (before?.mtimeMs === mtimeMs) return now - before.since > STALE_MS;
  seen.set(path, { mtimeMs, since: now });
  return false;
}

/**
 * Takes the lock, if nobody who lives holds it. Never waits. A stale lock is removed and left to the next attempt.
 * @returns the function that gives it back, undefined where somebody else has it.
 * @throws what opening a file throws, except that it exists.
 */
export function takeLock(files: LockFs, path: string): (() => void) | undefined {
  let fd: number;
  try {
    fd = files.openSync(path, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (isStale(files, path)) removeStale(files, path);
    return undefined;
  }
  seen.delete(path);
  const owner = `${process.pid} ${hostname()}\n`;
  try {
    files.writeSync(fd, owner);
  } finally {
    files.closeSync(fd);
  }
  return () => {
    // After a long sleep somebody else may have it.
    if (read(files, path) === owner) remove(files, path);
  };
}

/** Only one at a time removes: who came late would remove the lock that the next owner has just taken. */
function removeStale(files: LockFs, path: string): void {
  const release = takeLock(files, `${path}.stale`);
  if (release === undefined) return;
  try {
    if (isStale(files, path)) remove(files, path);
  } finally {
    release();
  }
}

function isStale(files: LockFs, path: string): boolean {
  const mtimeMs = files.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (mtimeMs === undefined) return false;
  if (isUntouched(path, mtimeMs)) return true;
  // Empty: its owner has not come to write yet, or died before; age decides.
  const [pid, host] = read(files, path)?.trim().split(' ') ?? [];
  return pid !== undefined && host === hostname() && /^\d+$/.test(pid) && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function read(files: LockFs, path: string): string | undefined {
  try {
    return files.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function remove(files: LockFs, path: string): void {
  try {
    files.unlinkSync(path);
  } catch {
    // Somebody else removed it.
  }
}
