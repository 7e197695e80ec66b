/** Runs a plan, or takes one back, while no other process does. */
import fs from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../shared/errors.ts';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { missingFolders } from './files.ts';
import { type Journal, type JournalFile, journalsFolder, readJournals } from './journal.ts';
import { type Reverted, removeFolders, revert } from './revert.ts';
import { applyChanges, type FileChange } from './transaction.ts';

/** @returns what was changed; undefined for nothing. @throws GatewayError CANNOT_WRITE */
export async function execute(
  configDir: string,
  label: string,
  changes: readonly FileChange[],
): Promise<Journal | undefined> {
  const folders = missingFolders(fs, configDir);
  return locked(configDir, () => {
    const stopped = readJournals(fs, journalsFolder(configDir)).find(({ state }) => state === 'writing');
    if (stopped !== undefined) {
      const message = `An earlier run (${stopped.label}) was stopped before its end: take it back with "agent-mcp-gateway undo" first.`;
      throw new GatewayError('CANNOT_WRITE', message);
    }
    return applyChanges(changes, { root: journalsFolder(configDir), label, folders });
  });
}

export interface Undone {
  readonly journal: Journal;
  readonly files: readonly Reverted[];
}

/**
 * Takes the last run back, or all of them, the last first.
 * @param only which files; all without it.
 */
export async function undo(
  configDir: string,
  { all = false, only }: { readonly all?: boolean; readonly only?: (file: JournalFile) => boolean } = {},
): Promise<readonly Undone[]> {
  const root = journalsFolder(configDir);
  if (!fs.existsSync(root)) return [];
  const undone = await locked(configDir, () => {
    const journals = readJournals(fs, root).reverse();
    const matching = only === undefined ? journals : journals.filter(({ files }) => files.some(only));
    const chosen = all ? matching : matching.slice(0, 1);
    return chosen.map((journal) => ({ journal, files: revert(journal, { root, only }) }));
  });
  // The lock was in one of them.
  for (const { journal } of undone) if (!fs.existsSync(join(root, journal.id))) removeFolders(fs, journal.folders);
  return undone;
}

/** Runs that can be taken back, the oldest first. */
export function history(configDir: string): readonly Journal[] {
  return readJournals(fs, journalsFolder(configDir));
}

async function locked<T>(configDir: string, work: () => T): Promise<T> {
  makeFolder(configDir);
  return holdLock(join(configDir, 'setup.lock'), async () => work());
}
