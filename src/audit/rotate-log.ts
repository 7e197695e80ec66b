/** Moving a full log aside. Several processes may want to at once; whatever they do, no line is lost. */

import { takeLock } from '../shared/lock-file.ts';
import { systemCode } from '../shared/system-code.ts';
import { type AuditFs, type FileIdentity, rotatedFiles, rotatedPath, sameFile } from './file-system.ts';

/** The outcome of a rotation: the name that the full file has now, or who else did it or is at it. */
type Rotated = { readonly to: string } | 'done by another' | 'busy';

/**
 * Renames the log to the next number. The next writer creates a new log; who still has the old file open notices at its next
 * write.
 * @param identity the file that is full: if the path means another one by now, it is already done.
 * @throws what the file system throws.
 */
export function rotate(files: AuditFs, path: string, identity: FileIdentity): Rotated {
  const log = realPath(files, path);
  if (log === undefined) return 'done by another';
  const release = takeLock(files, `${log}.lock`);
  if (release === undefined) return 'busy';
  try {
    const now = files.statSync(log, { throwIfNoEntry: false });
    if (now === undefined || !sameFile(now, identity)) return 'done by another';
    const { target, giveBack } = claim(files, log);
    try {
      files.renameSync(log, target);
    } finally {
      giveBack();
    }
    return { to: target };
  } finally {
    release();
  }
}

/** A link to a log elsewhere stays a link. @returns undefined where somebody has just moved the log away */
function realPath(files: AuditFs, path: string): string | undefined {
  try {
    return files.realpathSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The next name, for this process alone, so that no rename can ever replace a file with lines in it, however long it was suspended
 * before. Nothing is put there: a rename that replaces a file makes ext4 write out the whole log, while everybody waits.
 */
function claim(files: AuditFs, log: string): { readonly target: string; readonly giveBack: () => void } {
  for (let number = (rotatedFiles(files, log).at(-1)?.number ?? 0) + 1; ; number++) {
    const target = rotatedPath(log, number);
    const giveBack = takeLock(files, `${target}.lock`);
    if (giveBack === undefined) continue;
    if (files.statSync(target, { throwIfNoEntry: false }) === undefined) return { target, giveBack };
    giveBack();
  }
}
