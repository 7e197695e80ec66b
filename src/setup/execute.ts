/** Runs a plan, or takes one back, while no other process does. */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { setupLock } from '../config/edit-lock.ts';
import { secretsFolder } from '../config/secret-places.ts';
import { GatewayError } from '../shared/errors.ts';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { missingFolders } from './files.ts';
import { type Journal, type JournalFile, journalsFolder, readJournals } from './journal.ts';
import { type Reverted, removeFolders, revert } from './revert.ts';
import { applyChanges, type FileChange } from './transaction.ts';

/**
 * @param make the changes; what making them leaves on disk, such as a key, is in folders that `undo` removes
 * @returns what was changed; undefined for nothing
 * @throws GatewayError CANNOT_WRITE
 */
export async function executePlan(
  configDir: string,
  label: string,
  make: readonly FileChange[] | (() => Promise<readonly FileChange[]>),
): Promise<Journal | undefined> {
  const folders = missingFolders(fs, configDir);
  const hadKey = fs.existsSync(keyFolder(configDir));
  try {
    const changes = typeof make === 'function' ? await make() : make;
    return await apply(configDir, label, changes, folders);
  } catch (error) {
    // Nothing was changed: what making the changes left goes too.
    if (!hadKey) removeUnusedKey(configDir);
    removeFolders(fs, folders);
    throw error;
  }
}

function apply(
  configDir: string,
  label: string,
  changes: readonly FileChange[],
  folders: readonly string[],
): Promise<Journal | undefined> {
  return locked(configDir, () => {
    const stopped = readJournals(fs, journalsFolder(configDir), true).find(({ state }) => state === 'writing');
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
  if (!fs.existsSync(root)) {
    await clearLock(configDir);
    return [];
  }
  const undone = await locked(configDir, () => {
    const journals = readJournals(fs, root, true).reverse();
    const matching = only === undefined ? journals : journals.filter(({ files }) => files.some(only));
    const chosen = all ? matching : matching.slice(0, 1);
    return chosen.map((journal) => ({ journal, files: revert(journal, { root, only }) }));
  });
  // The lock was in one of them.
  if (undone.some(({ journal }) => journal.files.some(({ path }) => dirname(path) === secretsFolder(configDir)))) {
    removeUnusedKey(configDir);
  }
  for (const { journal } of undone) if (!fs.existsSync(join(root, journal.id))) removeFolders(fs, journal.folders);
  return undone;
}

/** Runs that can be taken back, the oldest first. */
export function history(configDir: string): readonly Journal[] {
  return readJournals(fs, journalsFolder(configDir));
}

async function locked<T>(configDir: string, work: () => T): Promise<T> {
  makeFolder(configDir);
  return holdLock(setupLock(configDir), async () => work());
}

/** Removes the lock, and the folder, of a run that was killed before it did anything else. */
async function clearLock(configDir: string): Promise<void> {
  if (!fs.existsSync(setupLock(configDir))) return;
  await locked(configDir, () => undefined);
  removeFolders(fs, [configDir]);
}

/** The key of the store and of sign-ins, where it opens nothing any more. */
function removeUnusedKey(configDir: string): void {
  for (const folder of unusedKey(configDir)) fs.rmSync(folder, { recursive: true, force: true });
}

const keyFolder = (configDir: string): string => join(configDir, 'credentials');

/** The folder of a key that opens nothing; empty where there is none. */
export function unusedKey(configDir: string): readonly string[] {
  const folder = keyFolder(configDir);
  const names = listFolder(folder);
  // A run that was killed while it made the key leaves its lock and its draft.
  const opens =
    names.some((name) => !/^\.?key\.json(?:\.|$)/.test(name)) || listFolder(secretsFolder(configDir)).length > 0;
  return fs.existsSync(folder) && !opens ? [folder] : [];
}

/** The names in a folder; empty where there is none. */
export function listFolder(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
