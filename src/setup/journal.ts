/**
 * The journal of changes of files of others: what was there, what was written. One folder for each run that changed something,
 * open to this account only; names and hashes in `journal.json`, contents beside it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Container } from './edit/data.ts';
import type { Format } from './edit/editor.ts';
import { draftOf, type Facts, type FileSystem, makeFolders, readIfThere, replaceFile, syncFolder } from './files.ts';

/** An entry that was changed in a file: for files that somebody else has changed since. */
export interface EditedEntry {
  readonly container: Container;
  readonly name: string;
  /** The number of maps of the path that were made for it. */
  readonly made?: number;
}

export interface JournalFile {
  /** As it was named. */
  readonly path: string;
  /** With links followed. */
  readonly real: string;
  /** SHA-256 of what was there and of what was written; undefined for no file. */
  readonly before?: string;
  readonly after?: string;
  readonly facts?: Facts;
  /** Number of its contents in the folder. */
  readonly at: number;
  readonly format?: Format;
  readonly edits?: readonly EditedEntry[];
  /** The owner: the id of a client, or `gateway`. */
  readonly owner: string;
}

export interface Journal {
  readonly version: 1;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The command, e.g. `connect cursor`. */
  readonly label: string;
  /** `writing`: it was stopped before the end. */
  readonly state: 'writing' | 'done';
  readonly files: readonly JournalFile[];
  /** Folders that were made, the topmost first. */
  readonly folders: readonly string[];
}

type Which = 'before' | 'after';

export function contentHash(content: Uint8Array | undefined): string | undefined {
  return content === undefined ? undefined : createHash('sha256').update(content).digest('hex');
}

/** The folder of all journals. */
export function journalsFolder(configDir: string): string {
  return join(configDir, 'setup');
}

export function contentPath(root: string, id: string, at: number, which: Which): string {
  return join(root, id, `${at}.${which}`);
}

/** Writes a content into the folder of a journal. */
export function keepContent(files: FileSystem, path: string, content: Uint8Array): void {
  replaceFile(files, path, content, { draft: draftOf(path, 'new'), mode: 0o600 });
}

export function writeJournal(files: FileSystem, root: string, journal: Journal): void {
  const path = join(root, journal.id, 'journal.json');
  replaceFile(files, path, Buffer.from(`${JSON.stringify(journal, null, 2)}\n`), {
    draft: draftOf(path, 'new'),
    mode: 0o600,
  });
}

export function openFolder(files: FileSystem, root: string, id: string): void {
  makeFolders(files, join(root, id));
}

/**
 * All journals, the oldest first.
 * @param isAlone whether no other run can be on its way: what was stopped before it had a journal is removed, as it changed nothing.
 */
export function readJournals(files: FileSystem, root: string, isAlone = false): Journal[] {
  if (!files.existsSync(root)) return [];
  const found: Journal[] = [];
  for (const id of files.readdirSync(root).sort()) {
    if (!/^\d{13,}-[0-9a-f]+$/.test(id)) continue;
    const text = readIfThere(files, join(root, id, 'journal.json'))?.toString('utf8');
    if (text === undefined) {
      if (isAlone) files.rmSync(join(root, id), { recursive: true, force: true });
    } else found.push(JSON.parse(text) as Journal);
  }
  return found;
}

/** Removes a journal and its contents; the journal itself first, so that half of one is none. */
export function dropJournal(files: FileSystem, root: string, id: string): void {
  files.rmSync(join(root, id, 'journal.json'), { force: true });
  syncFolder(files, join(root, id));
  files.rmSync(join(root, id), { recursive: true, force: true });
  if (files.readdirSync(root).length === 0) files.rmdirSync(root);
}
