/** Locks of files that several commands change: each reads, changes and replaces them while no other one does. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { holdLock } from '../shared/hold-lock.ts';

/** The lock of commands that change several files at once. */
export function setupLock(configDir: string): string {
  return join(configDir, 'setup.lock');
}

/**
 * Does work on a file while no other command changes it: neither one that knows this file alone, nor one that changes several.
 * @throws as `holdLock`
 */
export function whileNobodyEdits<T>(path: string, configDir: string, work: () => Promise<T>): Promise<T> {
  const beside = join(dirname(path), `.${basename(path)}.lock`);
  // Who changes several files has made the folder.
  return holdLock(beside, () => (existsSync(configDir) ? holdLock(setupLock(configDir), work) : work()));
}
