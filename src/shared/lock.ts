/** A lock file: at most one process of this machine, or of those that share a folder, has it. */
import type fs from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { systemCode } from './system-code.ts';

export type LockFs = Pick<
  typeof fs,
  'closeSync' | 'openSync' | 'readFileSync' | 'statSync' | 'unlinkSync' | 'writeSync'
>;

/** Whether a lock that was last touched then has no owner any more. */
export type TooOld = (mtimeMs: number) => boolean;

/** Milliseconds that nobody keeps a lock without touching it. */
export const STALE_MS = 30_000;

const byClock: TooOld = (mtimeMs) => Date.now() - mtimeMs > STALE_MS;

/**
 * Takes the lock, if nobody who lives holds it. Never waits. A stale lock is removed and left to the next attempt.
 * @returns the function that gives it back, undefined where somebody else has it.
 * @throws what opening a file throws, except that it exists.
 */
export function takeLock(files: LockFs, path: string, tooOld: TooOld = byClock): (() => void) | undefined {
  let fd: number;
  try {
    fd = files.openSync(path, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (isStale(files, path, tooOld)) removeStale(files, path, tooOld);
    return undefined;
  }
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
function removeStale(files: LockFs, path: string, tooOld: TooOld): void {
  const release = takeLock(files, `${path}.stale`);
  if (release === undefined) return;
  try {
    if (isStale(files, path, tooOld)) remove(files, path);
  } finally {
    release();
  }
}

function isStale(files: LockFs, path: string, tooOld: TooOld): boolean {
  const mtimeMs = files.statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (mtimeMs === undefined) return false;
  if (tooOld(mtimeMs)) return true;
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
