/** Reading and writing configuration files. */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cannotWrite } from '../shared/cannot-write.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';
import { MAX_FILE_BYTES } from './file-text.ts';
import type { TrustedScripts } from './script-files.ts';
import type { Problem } from './snapshot.ts';

/** The content of a file, or why it could not be read. */
export type FileContent =
  | {
      readonly ok: true;
      readonly path: string;
      readonly bytes: Buffer;
      readonly sha256: string;
      /** The scripts that its owner looked at with it; undefined where it needs no trust. */
      readonly trusted?: TrustedScripts | undefined;
      /** The secrets that it names (`${secret:NAME}`), as far as they are kept; undefined where it names none. */
      readonly secrets?: ReadonlyMap<string, string> | undefined;
      /** The OpenAPI documents that it names, by whole path, with their digests; undefined where it names none. */
      readonly documents?: ReadonlyMap<string, string> | undefined;
      /** The fault of its rights that was put right. */
      readonly warnings?: readonly Problem[];
    }
  | { readonly ok: false; readonly path: string; readonly problem: Problem };

/** Reads one file of at most `MAX_FILE_BYTES`. Never throws. */
export async function readConfigFile(path: string): Promise<FileContent> {
  const unreadable = (message: string, fix: string): FileContent => ({
    ok: false,
    path,
    problem: { severity: 'error', file: path, line: 1, column: 1, message, fix },
  });
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const facts = await handle.stat();
    if (!facts.isFile()) return unreadable('This is not a regular file', 'Name a file');
    if (facts.size > MAX_FILE_BYTES) {
      const message = `The file has ${facts.size} bytes; ${MAX_FILE_BYTES} are allowed`;
      return unreadable(message, 'Remove what does not belong here');
    }
    const bytes = await handle.readFile();
    return { ok: true, path, bytes, sha256: sha256(bytes) };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return unreadable('The file is not there', 'Put it back, or name another one');
    if (code === 'EACCES') return unreadable('The file may not be read', 'Give this user the right to read it');
    if (code === 'EISDIR') return unreadable('This is a folder', 'Name a file');
    return unreadable(`The file cannot be read (${code ?? 'unknown error'})`, 'Check the disk and the path');
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

/** Lower-case hex SHA-256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** True if something is at the path, links followed. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR',
  );
}

/** The path with the links of its folder resolved: one name for one place. The file itself need not exist. */
export async function canonical(path: string): Promise<string> {
  return join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path));
}

/**
 * Replaces a file in one step, readable by its owner only; a reader sees the old content or the new one, whole.
 * @param mode of the file, where others may read it
 * @throws GatewayError CANNOT_WRITE
 */
export async function writePrivateFile(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  try {
    const draft = await draftPrivateFile(path, 0, mode);
    await draft.commit(content);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** A file to come, of which nobody sees anything yet. One of the two ends it. */
interface Draft {
  commit(content: string | Uint8Array): Promise<void>;
  discard(): Promise<void>;
}

/**
 * The first half of `writePrivateFile`: a full disk or a missing right shows now, and not when the content is there that can be
 * had only once.
 * Keeps the owner of a file, also where root writes it for them.
 * @param bytes room to take.
 */
export async function draftPrivateFile(path: string, bytes: number, mode?: number): Promise<Draft> {
  const folder = dirname(path);
  makeFolder(folder);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', 0o600);
  const discard = async (): Promise<void> => {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
  };
  const orDiscard = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      await discard();
      throw error;
    }
  };
  await orDiscard(async () => {
    await keepOwner(handle, path, mode);
    // At random, so that no file system makes nothing of it.
    if (bytes > 0) await handle.write(randomBytes(bytes), 0, bytes, 0);
  });
  return {
    discard,
    commit: (content) =>
      orDiscard(async () => {
        await handle.writeFile(content);
        await handle.truncate(Buffer.byteLength(content));
        await handle.sync();
        await handle.close();
        await rename(temporary, path);
      }),
  };
}

/** Gives a new file to whoever has the one that it will replace, or its folder, as far as this account may. */
async function keepOwner(handle: FileHandle, path: string, mode: number | undefined): Promise<void> {
  const facts = await stat(path).catch(() => stat(dirname(path)));
  const own = await handle.stat();
  if (facts.uid !== own.uid || (mode !== undefined && facts.gid !== own.gid)) {
    const isKept = await handle.chown(facts.uid, facts.gid).then(
      () => true,
      () => false,
    );
    // Another group must not read what that one could.
    if (!isKept) return;
  }
  if (mode !== undefined) await handle.chmod(mode);
}
