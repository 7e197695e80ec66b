/** Changes of several files as one: all of them, or none; and back again. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { escapeText } from '../observe/escape-text.ts';
import { cannotWrite } from '../shared/cannot-write.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Format } from './edit/editor.ts';
import {
  checkReplaceable,
  draftOf,
  type Facts,
  type FileSystem,
  makeFolders,
  missingFolders,
  readIfThere,
  realFile,
  replaceFile,
  syncFolder,
} from './files.ts';
import {
  contentHash,
  contentPath,
  type EditedEntry,
  type Journal,
  type JournalFile,
  keepContent,
  openFolder,
  writeJournal,
} from './journal.ts';
import { revert } from './revert.ts';

export interface FileChange {
  readonly path: string;
  /** The content that the plan was made from; undefined where there was no file. */
  readonly before: Buffer | undefined;
  /** Undefined removes the file. */
  readonly after: Buffer | undefined;
  readonly format?: Format | undefined;
  readonly edits?: readonly EditedEntry[] | undefined;
  readonly owner: string;
  /** Of a file that is made; 0600 without it. */
  readonly mode?: number | undefined;
}

interface TransactionTerms {
  /** Folder of the journals. */
  readonly root: string;
  readonly label: string;
  /** Folders that were made for this before. */
  readonly folders?: readonly string[] | undefined;
  readonly files?: FileSystem | undefined;
}

interface Prepared {
  readonly change: FileChange;
  readonly real: string;
  readonly facts: Facts | undefined;
}

/**
 * Writes all files. Nothing is written where one of them is not what the plan was made from, or cannot be replaced; where writing
 * fails on the way, what was written is taken back. Only one process at a time may do this.
 * @returns the journal; undefined where nothing changes.
 * @throws GatewayError CANNOT_WRITE
 */
export function applyChanges(changes: readonly FileChange[], terms: TransactionTerms): Journal | undefined {
  const { root, label, folders: before = [], files = fs } = terms;
  const real = changes.filter(({ before, after }) => contentHash(before) !== contentHash(after));
  if (real.length === 0) return undefined;
  const prepared = real.map((change) => prepare(files, change));
  const id = `${String(Date.now()).padStart(13, '0')}-${randomBytes(4).toString('hex')}`;
  const folders = [
    ...new Set([...before, ...prepared.flatMap(({ real: path }) => missingFolders(files, dirname(path)))]),
  ];
  const journal: Journal = {
    version: 1,
    id,
    time: new Date().toISOString(),
    label,
    state: 'writing',
    files: prepared.map((one, at) => journalFile(one, at)),
    folders,
  };
  writing(root, () => {
    openFolder(files, root, id);
    for (const [at, { change }] of prepared.entries()) {
      if (change.before !== undefined) keepContent(files, contentPath(root, id, at, 'before'), change.before);
      if (change.after !== undefined) keepContent(files, contentPath(root, id, at, 'after'), change.after);
    }
    writeJournal(files, root, journal);
  });
  try {
    for (const one of prepared) writing(one.real, () => write(files, one, id));
    const done: Journal = { ...journal, state: 'done' };
    writing(root, () => writeJournal(files, root, done));
    return done;
  } catch (error) {
    revert(journal, { root, files });
    throw error;
  }
}

function prepare(files: FileSystem, change: FileChange): Prepared {
  const path = realFile(files, change.path);
  const facts = checkReplaceable(files, path);
  refuseDrift(files, path, change);
  return { change, real: path, facts };
}

function refuseDrift(files: FileSystem, path: string, { before }: FileChange): void {
  if (contentHash(readIfThere(files, path)) === contentHash(before)) return;
  const what = 'changed since this plan was made; nothing was written to it. Run the command again.';
  throw new GatewayError('CANNOT_WRITE', `${escapeText(path)} ${what}`);
}

function journalFile({ change, real, facts }: Prepared, at: number): JournalFile {
  const before = contentHash(change.before);
  const after = contentHash(change.after);
  return {
    path: change.path,
    real,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(facts === undefined ? {} : { facts }),
    at,
    ...(change.format === undefined ? {} : { format: change.format }),
    ...(change.edits === undefined ? {} : { edits: change.edits }),
    owner: change.owner,
  };
}

function write(files: FileSystem, { change, real, facts }: Prepared, id: string): void {
  refuseDrift(files, real, change);
  if (change.after === undefined) {
    files.unlinkSync(real);
    syncFolder(files, dirname(real));
    return;
  }
  makeFolders(files, dirname(real));
  replaceFile(files, real, change.after, { draft: draftOf(real, id), facts, mode: change.mode });
}

function writing(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}
