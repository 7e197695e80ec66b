/** A file with something that was found out: read when it changed, replaced whole, shared by all gateways of this account. */
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writePrivateFile } from '../config/config-files.ts';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';

/** Bytes: more than a full file has. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface SharedFile<T> {
  readonly path: string;
  /** The content. */
  read(): Promise<T>;
  /**
   * Replaces what is kept; one process at a time. Writes nothing where `change` gives what it was given.
   * @throws what the file system does; GatewayError TIMEOUT where another process does not let go
   */
  update(change: (kept: T) => T): Promise<void>;
}

/** No format has such a text: what is in the file is not known, which is not the same as nothing. */
const UNREADABLE = '\0';

interface Format<T> {
  /** @param text may be anything; `''` for a file that is missing, `UNREADABLE` for one that is too long, no file, or cannot be read. */
  parse(text: string): T;
  print(kept: T): string;
}

export function openSharedFile<T>(path: string, { parse, print }: Format<T>): SharedFile<T> {
  let version = '';
  let known = parse('');

  const read = async (): Promise<T> => {
    const now = await versionOf(path);
    if (now === version) return known;
    known = parse(now === '' || now === UNREADABLE ? now : await readFile(path, 'utf8').catch(() => UNREADABLE));
    version = now;
    return known;
  };

  return {
    path,
    read,
    async update(change) {
      makeFolder(dirname(path));
      await holdLock(`${path}.lock`, async () => {
        const before = await read();
        const after = change(before);
        if (after !== before) await writePrivateFile(path, print(after));
      });
    },
  };
}

/** Changes whenever the file is replaced; empty where there is none that can be used. */
async function versionOf(path: string): Promise<string> {
  try {
    const facts = await stat(path);
    const { ino, size, mtimeMs } = facts;
    return size > MAX_FILE_BYTES || !facts.isFile() ? UNREADABLE : `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}
