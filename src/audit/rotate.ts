/** Moving a full log aside. Several processes may want to at once; whatever they do, no line is lost. */

import { takeLock } from '../shared/lock.ts';
import { systemCode } from '../shared/system-code.ts';
import { type AuditFs, type FileIdentity, rotatedFiles, rotatedPath, sameFile } from './files.ts';

/**
 * Renames the log to the next number and deletes the oldest rotated files beyond `keep`. The next writer creates a new log;
 * who still has the old file open notices at its next write.
 * @param identity the file that is full: if the path means another one by now, it is already done.
 * @returns false where another process is at it.
 * @throws what the file system throws.
 */
export function rotate(files: AuditFs, path: string, identity: FileIdentity, keep: number): boolean {
  // A link to a log elsewhere stays a link.
  const log = files.realpathSync(path);
  const release = takeLock(files, `${log}.lock`);
  if (release === undefined) return false;
  try {
    const now = files.statSync(log, { throwIfNoEntry: false });
    if (now === undefined || !sameFile(now, identity)) return true;
    const target = reserve(files, log);
    try {
      files.renameSync(log, target);
    } catch (error) {
      files.unlinkSync(target);
      throw error;
    }
    prune(files, log, keep);
    return true;
  } finally {
    release();
  }
}

/** Creates the next rotated name, so that no rename can ever replace a file with lines in it. */
function reserve(files: AuditFs, log: string): string {
  let number = (rotatedFiles(files, log).at(-1)?.number ?? 0) + 1;
  for (;;) {
    const target = rotatedPath(log, number);
    try {
      files.closeSync(files.openSync(target, 'wx', 0o600));
      return target;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      number++;
    }
  }
}

function prune(files: AuditFs, log: string, keep: number): void {
  const rotated = rotatedFiles(files, log);
  for (const { path } of rotated.slice(0, Math.max(0, rotated.length - Math.max(1, keep)))) {
    try {
      files.unlinkSync(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}
