/** The tools that servers listed last, as they defined them, from what `kept-lists.ts` keeps on disk: for commands that start no server. */

import type { ListedOffers } from '../config/overrides/override-warnings.ts';
import { accessOfAnnotations } from '../policy/access-levels.ts';
import type { SaidAccess } from '../policy/authoring/knowing-access.ts';
import { readNewestLists } from './read-newest-lists.ts';

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

/** By server name; empty where nothing is kept. Never throws. */
export function listedDefinitions(folder: string): Promise<ReadonlyMap<string, KeptList>> {
  return readNewestLists(folder, readList);
}

/** By server, then by tool: its definition as the server gives it, JSON text. */
export async function listedRaw(folder: string): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  return new Map([...(await listedDefinitions(folder))].map(([server, { tools }]) => [server, tools]));
}

/** By server and kind of list, then by name, URI or URI template: the definitions of other things than tools, JSON text. */
export async function listedOffers(folder: string): Promise<ListedOffers> {
  const lists = await readNewestLists(folder, ({ server, list, offers }) => {
    const key = KEYS.get(String(list));
    if (typeof server !== 'string' || key === undefined || !Array.isArray(offers)) return undefined;
    const named = new Map(offers.map((raw) => [String(JSON.parse(String(raw))[key]), String(raw)] as const));
    return { server: JSON.stringify([server, list]), named };
  });
  return (server, list) => lists.get(JSON.stringify([server, list]))?.named;
}

const KEYS = new Map([
  ['prompts', 'name'],
  ['resources', 'uri'],
  ['templates', 'uriTemplate'],
]);

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

function readList({ server, key, tools, shown }: Readonly<Record<string, unknown>>): KeptList | undefined {
  if (typeof server !== 'string' || !Array.isArray(tools)) return undefined;
  const named = namedOf(tools);
  const seen = Array.isArray(shown) ? namedOf(shown) : named;
  return { server, key: typeof key === 'string' ? key : undefined, tools: named, shown: seen };
}

function namedOf(definitions: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map(
    definitions.map((raw) => [(JSON.parse(String(raw)) as { readonly name: string }).name, String(raw)] as const),
  );
}
