/** Opening the log: for its owner alone, and so that no pipe or device can hold the gateway up. */
import { Buffer } from 'node:buffer';
import { constants, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import type { AuditFs } from './file-system.ts';

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

interface OpenedLog {
  readonly fd: number;
  readonly stats: Stats;
  /** The rights that others had to it or to its folder until now. */
  readonly tightened: readonly string[];
}

/**
 * Opens a log to append to. A pipe is opened for writing alone, so that it fails where nobody reads.
 * @param isFirst true where nothing was written to it yet: then it has to be a log, since it will be rotated and removed
 * @throws what the file system throws; EPERM where somebody else owns a log that others may write; EEXIST for a file that is no log
 */
export function openLog(files: AuditFs, path: string, isFirst: boolean): OpenedLog {
  const before = files.statSync(path, { throwIfNoEntry: false });
  if (isFirst && before?.isFile() === true && before.size > 0) requireLog(files, path);
  const isPipe = before?.isFIFO() === true;
  const tightened = before === undefined || before.isFile() ? tightenFolder(files, dirname(path)) : [];
  const flags = O_APPEND | O_NONBLOCK | (isPipe ? O_WRONLY : O_RDWR | O_CREAT);
  const fd = files.openSync(path, flags, 0o600);
  try {
    const stats = files.fstatSync(fd);
    return { fd, stats, tightened: [...tightened, ...(stats.isFile() ? tightenFile(files, fd, path, stats) : [])] };
  } catch (error) {
    files.closeSync(fd);
    throw error;
  }
}

/** A line of a log, ours or of the gateway before it; the first one may have been cut off, or have zeros in the place of what was truncated. */
const LOG_LINE = /^\0*\{\s*"timestamp"/m;
const ZEROS = /^\0+$/;
/** Bytes in which there is a line. */
const HEAD = 64 * 1024;

function requireLog(files: AuditFs, path: string): void {
  const fd = files.openSync(path, constants.O_RDONLY | O_NONBLOCK);
  try {
    const head = Buffer.alloc(HEAD);
    const text = head.toString('latin1', 0, files.readSync(fd, head, 0, HEAD, 0));
    if (LOG_LINE.test(text) || ZEROS.test(text)) return;
  } finally {
    files.closeSync(fd);
  }
  const message = `EEXIST: ${path} is no audit log: choose another file for it, or move that one away`;
  throw Object.assign(new Error(message), { code: 'EEXIST' });
}

/** A group that may read, e.g. one that ships logs, was given that on purpose; nobody else may, and only the owner may write. */
function tightenFile(files: AuditFs, fd: number, path: string, { mode, uid }: Stats): string[] {
  if ((mode & 0o027) === 0 || !hasModes()) return [];
  if (mayChange(uid)) {
    files.fchmodSync(fd, 0o600);
    return [path];
  }
  if ((mode & 0o022) !== 0) throw notOurs(path);
  return [];
}

/** In a folder that others may write, they can put another file in the place of the log. With the sticky bit they cannot. */
function tightenFolder(files: AuditFs, folder: string): string[] {
  const stats = files.statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined || !hasModes() || (stats.mode & 0o022) === 0 || (stats.mode & 0o1000) !== 0) return [];
  if (mayChange(stats.uid)) {
    files.chmodSync(folder, stats.mode & 0o7755);
    return [folder];
  }
  if ((stats.mode & 0o002) !== 0) throw notOurs(folder);
  return [];
}

/** False on Windows. */
function hasModes(): boolean {
  return process.geteuid !== undefined;
}

function mayChange(uid: number): boolean {
  const own = process.geteuid?.();
  return own === uid || own === 0;
}

function notOurs(path: string): Error {
  const message = `EPERM: ${path} belongs to another user, and others may write it: choose another place for the audit log`;
  return Object.assign(new Error(message), { code: 'EPERM' });
}
