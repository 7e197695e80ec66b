/** Takes changes back: byte for byte where a file is as it was left, entry by entry where somebody changed it since. */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { cannotWrite } from '../shared/cannot-write.ts';
import { type Data, EditError, entriesOf, isSame, toJson } from './edit/data.ts';
import { type EntryChange, editBytes, readData } from './edit/editor.ts';
import {
  checkReplaceable,
  draftOf,
  type FileSystem,
  makeFolders,
  readIfThere,
  replaceFile,
  syncFolder,
} from './files.ts';
import { contentHash, contentPath, dropJournal, type Journal, type JournalFile, writeJournal } from './journal.ts';

export interface Reverted {
  readonly path: string;
  /**
   * `restored`: the bytes of before, `removed`: there was no file before, `edited`: somebody changed it since, and only our entries
   * were taken back, `unchanged`: it is what it was, `kept`: it could not be taken back.
   */
  readonly outcome: 'restored' | 'removed' | 'edited' | 'unchanged' | 'kept';
  /** Entries that somebody changed since and that stay, or why the file stays. */
  readonly left?: string;
}

interface RevertTerms {
  readonly root: string;
  /** The files of the journal that are meant; all without it. */
  readonly only?: ((file: JournalFile) => boolean) | undefined;
  readonly files?: FileSystem | undefined;
}

/**
 * Takes the changes of one journal back, the last first. It may be stopped and run again. What cannot be taken back stays in the
 * journal.
 * @throws GatewayError CANNOT_WRITE
 */
export function revert(journal: Journal, { root, only = () => true, files = fs }: RevertTerms): Reverted[] {
  const results: Reverted[] = [];
  const left: JournalFile[] = [];
  for (const file of [...journal.files].reverse()) {
    if (!only(file)) {
      left.unshift(file);
      continue;
    }
    try {
      files.rmSync(draftOf(file.real, journal.id), { force: true });
      const result = revertFile(files, root, journal.id, file);
      results.push(result);
      if (result.outcome === 'kept') left.unshift(file);
    } catch (error) {
      throw cannotWrite(file.real, error);
    }
  }
  if (left.length > 0) writeJournal(files, root, { ...journal, files: left });
  else {
    removeFolders(files, journal.folders);
    dropJournal(files, root, journal.id);
  }
  return results;
}

function revertFile(files: FileSystem, root: string, id: string, file: JournalFile): Reverted {
  const { path, real } = file;
  const current = readIfThere(files, real);
  const hash = contentHash(current);
  if (hash === file.before) return { path, outcome: 'unchanged' };
  const before = file.before === undefined ? undefined : files.readFileSync(contentPath(root, id, file.at, 'before'));
  if (hash === file.after) {
    if (before === undefined) {
      files.unlinkSync(real);
      syncFolder(files, dirname(real));
      return { path, outcome: 'removed' };
    }
    makeFolders(files, dirname(real));
    const facts = current === undefined ? file.facts : checkReplaceable(files, real);
    replaceFile(files, real, before, { draft: draftOf(real, id), facts });
    return { path, outcome: 'restored' };
  }
  if (current === undefined) return { path, outcome: 'unchanged', left: 'somebody removed the file since' };
  return revertEntries(files, { root, id, file, current, before });
}

interface Changed {
  readonly root: string;
  readonly id: string;
  readonly file: JournalFile;
  readonly current: Buffer;
  readonly before: Buffer | undefined;
}

/** Only the entries that are as we left them. */
function revertEntries(files: FileSystem, { root, id, file, current, before }: Changed): Reverted {
  const { path, real, format, edits = [] } = file;
  if (format === undefined) return { path, outcome: 'kept', left: 'somebody changed it since' };
  const after = file.after === undefined ? undefined : files.readFileSync(contentPath(root, id, file.at, 'after'));
  try {
    const [old, ours, now] = [before, after, current].map((bytes) => readData(format, bytes ?? Buffer.alloc(0)));
    const changes: EntryChange[] = [];
    const conflicts: string[] = [];
    let isLost = false;
    for (const { container, name, made } of edits) {
      const of = (data: typeof old): Data | undefined => data && entriesOf(data, container).get(name);
      const [was, written, is] = [of(old), of(ours), of(now)];
      if (isSame(is, was)) continue;
      if (!isSame(is, written)) {
        conflicts.push(name);
        isLost ||= was !== undefined && written === undefined;
      } else changes.push({ container, name, value: was === undefined ? undefined : toJson(was), made });
    }
    // Removed entries go first: those that come back are in the order that they had.
    changes.sort((one, other) => Number(one.value !== undefined) - Number(other.value !== undefined));
    const { bytes } = editBytes(format, current, changes);
    if (!bytes.equals(current)) {
      replaceFile(files, real, bytes, { draft: draftOf(real, id), facts: checkReplaceable(files, real) });
    }
    // The earlier content is nowhere else: it stays in the journal until there is room for it.
    if (isLost) {
      const what = `changed since, and what was there before has no room: ${conflicts.join(', ')}`;
      return { path, outcome: 'kept', left: `${what}. Rename or remove it, then undo again` };
    }
    const left = conflicts.length === 0 ? {} : { left: `changed since and left: ${conflicts.join(', ')}` };
    return { path, outcome: 'edited', ...left };
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    return { path, outcome: 'kept', left: `somebody changed it since, and it ${error.message}` };
  }
}

/** Folders that were made for files, as far as they are empty. */
export function removeFolders(files: FileSystem, folders: readonly string[]): void {
  for (const folder of [...folders].reverse()) {
    try {
      files.rmdirSync(folder);
    } catch {
      // Somebody has put something into it.
    }
  }
}
