/** The tools that servers listed last, as they defined them, from what `kept-lists.ts` keeps on disk: for commands that start no server. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile } from '../config/config-files.ts';
import { accessOfAnnotations } from '../policy/access-levels.ts';
import type { SaidAccess } from '../policy/authoring/knowing-access.ts';

/** The list of one server. */
interface KeptList {
  readonly server: string;
  /** Of the definition of the server; undefined where an earlier version kept it. */
  readonly key: string | undefined;
  /** JSON text of the definition of each tool, by name. */
  readonly tools: ReadonlyMap<string, string>;
  /** The same as agents saw it. */
  readonly shown: ReadonlyMap<string, string>;
}

/** By server name; of several lists of one server the one that was used last. Empty where nothing is kept. Never throws. */
export async function listedDefinitions(folder: string): Promise<ReadonlyMap<string, KeptList>> {
  const names = await readdir(folder).catch((): string[] => []);
  const lists = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))),
  );
  const found = lists.filter((list) => list !== undefined).sort((one, other) => one.usedAt - other.usedAt);
  return new Map(found.map(({ list }) => [list.server, list]));
}

/** By server, then by tool: its definition as the server gives it, JSON text. */
export async function listedRaw(folder: string): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  return new Map([...(await listedDefinitions(folder))].map(([server, { tools }]) => [server, tools]));
}

/** The annotations of the tools that servers listed last, by the names that agents knew then. */
export async function listedAccess(folder: string): Promise<SaidAccess> {
  const lists = await listedDefinitions(folder);
  const levels = [...lists].map(([server, { shown }]) => {
    const read = [...shown].map(
      ([name, raw]) => [name, accessOfAnnotations(JSON.parse(raw).annotations ?? {})] as const,
    );
    return [server, new Map(read)] as const;
  });
  const known = new Map(levels);
  return (server, tool) => known.get(server)?.get(tool);
}

/** The list with the time of its last use, in milliseconds since 1970. */
async function read(path: string): Promise<{ readonly list: KeptList; readonly usedAt: number } | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const content = await readConfigFile(path);
    if (!content.ok) return undefined;
    const { server, key, tools, shown } = JSON.parse(content.bytes.toString('utf8')) as Readonly<
      Record<string, unknown>
    >;
    if (typeof server !== 'string' || !Array.isArray(tools)) return undefined;
    const named = namedOf(tools);
    const seen = Array.isArray(shown) ? namedOf(shown) : named;
    const list = { server, key: typeof key === 'string' ? key : undefined, tools: named, shown: seen };
    return { list, usedAt: mtimeMs };
  } catch {
    return undefined;
  }
}

function namedOf(definitions: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map(
    definitions.map((raw) => [(JSON.parse(String(raw)) as { readonly name: string }).name, String(raw)] as const),
  );
}
