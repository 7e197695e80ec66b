/** What arguments the tools take that servers listed last, from what `kept-lists.ts` keeps on disk: for commands that start no server. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile } from '../config/config-files.ts';

/** By server, then by tool: its input schema, as JSON. */
export type ListedSchemas = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** Of several lists of one server the one that was used last. Empty where nothing is kept. Never throws. */
export async function listedSchemas(folder: string): Promise<ListedSchemas> {
  const names = await readdir(folder).catch((): string[] => []);
  const lists = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))),
  );
  const found = lists.filter((list) => list !== undefined).sort((one, other) => one.usedAt - other.usedAt);
  return new Map(found.map(({ server, schemas }) => [server, schemas]));
}

interface Kept {
  readonly server: string;
  readonly schemas: ReadonlyMap<string, unknown>;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

async function read(path: string): Promise<Kept | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const content = await readConfigFile(path);
    if (!content.ok) return undefined;
    const { server, tools } = JSON.parse(content.bytes.toString('utf8')) as { server?: unknown; tools?: unknown };
    if (typeof server !== 'string' || !Array.isArray(tools)) return undefined;
    const read = tools.map((raw: unknown) => JSON.parse(String(raw)) as { name: string; inputSchema?: unknown });
    return { server, schemas: new Map(read.map(({ name, inputSchema }) => [name, inputSchema])), usedAt: mtimeMs };
  } catch {
    return undefined;
  }
}
