/** A lock file for something that takes milliseconds. Nobody ever waits for it. */
import { hostname } from 'node:os';
import process from 'node:process';
import { type AuditFs, systemCode } from './files.ts';

/** Older than this, its owner is gone. Milliseconds. */
const STALE_MS = 30_000;

/**
 * Takes the lock, if nobody who lives holds it. A stale lock is removed and left to the next attempt. Two processes may, if
 * badly interrupted, both take a lock that was stale: what they then do must not lose anything.
 * @returns the function that gives it back, undefined where somebody else has it.
 * @throws what opening a file throws, except that it exists.
 */
export function takeLock(files: AuditFs, path: string): (() => void) | undefined {
  let fd: number;
  try {
    fd = files.openSync(path, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (isStale(files, path)) remove(files, path);
    return undefined;
  }
  try {
    files.writeSync(fd, `${process.pid} ${hostname()}\n`);
  } finally {
    files.closeSync(fd);
  }
  return () => remove(files, path);
}

function isStale(files: AuditFs, path: string): boolean {
  try {
    if (Date.now() - files.statSync(path).mtimeMs > STALE_MS) return true;
    const [pid, host] = files.readFileSync(path, 'utf8').trim().split(' ');
    // Empty: its owner has not come to write yet, or died before; age decides.
    return pid !== undefined && host === hostname() && /^\d+$/.test(pid) && !isAlive(Number(pid));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function remove(files: AuditFs, path: string): void {
  try {
    files.unlinkSync(path);
  } catch {
    // Somebody else removed it.
  }
}
