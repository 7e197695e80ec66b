/** The names of the tools that servers listed last, from what `definition-history.ts` keeps on disk: for commands that start no server. */
import { readNewestLists } from './read-newest-lists.ts';

/** By server name; empty where nothing is kept. Never throws. */
export async function listedTools(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const lists = await readNewestLists(folder, readNames);
  return new Map(Array.from(lists, ([server, { tools }]) => [server, tools]));
}

function readNames({ server, tools }: Readonly<Record<string, unknown>>) {
  if (typeof server !== 'string' || !Array.isArray(tools)) return undefined;
  const names = tools.map((tool: unknown) => (Array.isArray(tool) ? (tool[0] as unknown) : undefined));
  return names.every((name) => typeof name === 'string') ? { server, tools: names } : undefined;
}
