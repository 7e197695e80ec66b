/** The names of the tools that servers listed last, from what `definition-history.ts` keeps on disk: for commands that start no server. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile } from '../config/config-files.ts';

/** By server name; of several lists of one server the one that was used last. Empty where nothing is kept. Never throws. */
export async function listedTools(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = await readdir(folder).catch((): string[] => []);
  const lists = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))),
  );
  const found = lists.filter((list) => list !== undefined).sort((one, other) => one.usedAt - other.usedAt);
  return new Map(found.map(({ server, tools }) => [server, tools]));
}

interface Kept {
  readonly server: string;
  readonly tools: readonly string[];
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

async function read(path: string): Promise<Kept | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const content = await readConfigFile(path);
    if (!content.ok) return undefined;
    const { server, tools } = JSON.parse(content.bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
    if (typeof server !== 'string' || !Array.isArray(tools)) return undefined;
    const names = tools.map((tool: unknown) => (Array.isArray(tool) ? (tool[0] as unknown) : undefined));
    return names.every((name) => typeof name === 'string') ? { server, tools: names, usedAt: mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}
