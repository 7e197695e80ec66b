/** Writing files in one step, so that whoever reads them, or a machine that stops, sees the old content or the new one. */
import type fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { escapeText } from '../observe/escape-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { systemCode } from '../shared/system-code.ts';

/** The part of a file system that is used, so that tests can stop it at every step. */
export type FileSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'existsSync'
  | 'fchmodSync'
  | 'fchownSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'readlinkSync'
  | 'realpathSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'rmSync'
  | 'statSync'
  | 'unlinkSync'
  | 'writeSync'
>;

export interface Facts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The content of a file; undefined where there is none. @throws the error of open(2) or read(2) */
export function readIfThere(files: FileSystem, path: string): Buffer | undefined {
  try {
    return files.readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file that a path leads to, links followed, also where that file is not there yet. */
export function realFile(files: FileSystem, path: string): string {
  let at = resolve(path);
  for (let links = 0; links < 40; links++) {
    const facts = files.lstatSync(at, { throwIfNoEntry: false });
    if (facts === undefined) break;
    if (!facts.isSymbolicLink()) return files.realpathSync(at);
    at = resolve(dirname(at), files.readlinkSync(at));
  }
  return at;
}

/**
 * The condition for replacing a file.
 * @throws GatewayError CANNOT_WRITE with the reason
 */
export function checkReplaceable(files: FileSystem, path: string): Facts | undefined {
  const facts = files.statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  const refuse = (what: string): never => {
    throw new GatewayError('CANNOT_WRITE', `${escapeText(path)} ${what} Nothing was written.`);
  };
  if (!facts.isFile()) refuse('is no regular file.');
  if (facts.nlink > 1) refuse('has several names (hard links), which replacing it would part: edit it by hand.');
  if (process.platform !== 'win32') {
    if ((facts.mode & 0o200) === 0) refuse('is read-only: give its owner the right to write it (chmod u+w).');
    const own = process.getuid?.();
    if (own !== 0 && facts.uid !== own) refuse('belongs to another account: run this as its owner.');
  }
  return { mode: facts.mode & 0o7777, uid: facts.uid, gid: facts.gid };
}

/** A name beside the file that nobody else uses; the same for every step of one transaction. */
export function draftOf(path: string, id: string): string {
  return join(dirname(path), `.${basename(path)}.${id}.tmp`);
}

/** Replaces a file, or makes it, in one step that lasts. */
export function replaceFile(
  files: FileSystem,
  path: string,
  content: Uint8Array,
  {
    draft,
    facts,
    mode = 0o600,
  }: { readonly draft: string; readonly facts?: Facts | undefined; readonly mode?: number | undefined },
): void {
  files.rmSync(draft, { force: true });
  const fd = files.openSync(draft, 'wx', 0o600);
  try {
    if (facts !== undefined) {
      const own = files.fstatSync(fd);
      if (own.uid !== facts.uid || own.gid !== facts.gid) files.fchownSync(fd, facts.uid, facts.gid);
    }
    files.fchmodSync(fd, facts?.mode ?? mode);
    writeAll(files, fd, content);
    files.fsyncSync(fd);
  } finally {
    files.closeSync(fd);
  }
  files.renameSync(draft, path);
  syncFolder(files, dirname(path));
}

function writeAll(files: FileSystem, fd: number, content: Uint8Array): void {
  for (let at = 0; at < content.length; ) at += files.writeSync(fd, content, at, content.length - at);
}

/** Makes a change of names last. Not every system can. */
export function syncFolder(files: FileSystem, folder: string): void {
  let fd: number | undefined;
  try {
    fd = files.openSync(folder, 'r');
    files.fsyncSync(fd);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  } finally {
    if (fd !== undefined) files.closeSync(fd);
  }
}

/** Makes a folder and what is missing above it. @returns the folders that were made, the topmost first */
export function makeFolders(files: FileSystem, folder: string, mode = 0o700): string[] {
  if (files.existsSync(folder)) return [];
  const above = dirname(folder);
  const made = above === folder ? [] : makeFolders(files, above, mode);
  files.mkdirSync(folder, { mode });
  return [...made, folder];
}

/** The folders that `makeFolders` would make, the topmost first. */
export function missingFolders(files: FileSystem, folder: string): string[] {
  if (files.existsSync(folder)) return [];
  const above = dirname(folder);
  return above === folder ? [folder] : [...missingFolders(files, above), folder];
}
