/** The file with what was learned from use: read when it changed, replaced whole, shared by all gateways of this account. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writePrivateFile } from '../../config/files.ts';
import { holdLock } from '../../shared/hold-lock.ts';
import { readUses, type Use, usesText } from './uses.ts';

/** Bytes: more than a full file has. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface UsesFile {
  readonly path: string;
  /** What is remembered. A file that is missing or damaged has nothing. */
  read(): Promise<readonly Use[]>;
  /**
   * Replaces what is remembered; one process at a time. Writes nothing where `change` gives what it was given.
   * @throws what the file system does; GatewayError TIMEOUT where another process does not let go
   */
  update(change: (uses: readonly Use[]) => readonly Use[]): Promise<void>;
}

/** @param cacheDir that of the settings */
export function openUses(cacheDir: string): UsesFile {
  const path = join(cacheDir, 'learned.json');
  let version = '';
  let known: readonly Use[] = [];

  const read = async (): Promise<readonly Use[]> => {
    const now = await versionOf(path);
    if (now === version) return known;
    const text = now === '' ? '' : await readFile(path, 'utf8').catch(() => '');
    known = readUses(text);
    version = now;
    return known;
  };

  return {
    path,
    read,
    async update(change) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await holdLock(`${path}.lock`, async () => {
        const before = await read();
        const after = change(before);
        if (after !== before) await writePrivateFile(path, usesText(after));
      });
    },
  };
}

/** Changes whenever the file is replaced; empty where there is none that can be used. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return size > MAX_FILE_BYTES ? '' : `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}
