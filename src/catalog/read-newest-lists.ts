/** Reads the lists of servers that earlier runs kept in a folder, for commands that start no server. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile } from '../config/config-files.ts';

/**
 * By server name; of several lists of one server the one that was used last. Empty where nothing is kept. Never throws.
 * @param read undefined for what is no list; what it throws means the same
 */
export async function readNewestLists<L extends { readonly server: string }>(
  folder: string,
  read: (content: Readonly<Record<string, unknown>>) => L | undefined,
): Promise<ReadonlyMap<string, L>> {
  const names = await readdir(folder).catch((): string[] => []);
  const paths = names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const kept = await Promise.all(
    paths.map(async (path) => {
      try {
        const { mtimeMs } = await stat(path);
        const content = await readConfigFile(path);
        const list = content.ok ? read(JSON.parse(content.bytes.toString('utf8'))) : undefined;
        return list && { list, usedAt: mtimeMs };
      } catch {
        return undefined;
      }
    }),
  );
  const found = kept.filter((one) => one !== undefined).sort((one, other) => one.usedAt - other.usedAt);
  return new Map(found.map(({ list }) => [list.server, list]));
}
