/** The range of a search: the servers that the caller may use, as far as they listed their tools. */
import type { ListedServer } from '../../catalog/search/indexed-servers.ts';
import type { SearchRequest } from '../../catalog/search/searcher.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { VirtualServer } from '../../config/virtual/virtual-server.ts';
import { Absent, absenceOf } from '../missing-servers.ts';
import type { ToolContext } from '../operation.ts';
import { membersOf, virtualList } from '../virtual-tools.ts';

/** Servers that an answer names which are not searched, or instead of results. */
export const MAX_NAMED = 30;

export interface Search {
  readonly query: string;
  readonly limit: number;
  /** The one that is searched; all where it is undefined. */
  readonly server: string | undefined;
}

interface PreparedSearch {
  readonly request: SearchRequest;
  /** The servers that the caller may use. */
  readonly visible: readonly ServerDefinition[];
  readonly missing: Absent;
  /** Those whose list was not there. */
  readonly unlisted: readonly ServerDefinition[];
}

/** @throws the reason of the signal */
export async function prepareSearch(context: ToolContext, { query, limit, server }: Search): Promise<PreparedSearch> {
  const { catalog, snapshot, caller, decide, signal } = context;
  const { embeddings, learnFromUse } = snapshot.search;
  const isVisible = ({ name }: { readonly name: string }): boolean =>
    (server === undefined || name === server) && decide(name).allowed;
  const visible = [...snapshot.servers.values()].filter(isVisible);
  const virtual = [...(snapshot.virtual?.values() ?? [])].filter(isVisible);
  const { listed, missing, unlisted } = await listedServers(context, visible, virtual);
  const request: SearchRequest = {
    query,
    limit,
    servers: listed,
    policy: snapshot.policy,
    who: JSON.stringify([caller.agent, caller.ceiling, server]),
    permitted: (name, tool, entry) => decide(name, tool, 'tool', entry).allowed,
    embeddings,
    suggestions: learnFromUse ? await catalog.learning.suggestions(caller.agent, query) : [],
    signal,
  };
  return { request, visible, missing, unlisted };
}

/** The tools that servers listed; waits for those that have never listed anything yet, and not for long. */
async function listedServers(
  context: ToolContext,
  visible: readonly ServerDefinition[],
  virtual: readonly VirtualServer[],
): Promise<{ listed: ListedServer[]; missing: Absent; unlisted: ServerDefinition[] }> {
  const { catalog, signal } = context;
  const members = virtual.flatMap((one) => membersOf(context, one)).filter((one) => !visible.includes(one));
  // Those that only a virtual server shows come last.
  const servers = members.length === 0 ? visible : [...new Set([...visible, ...members])];
  const unlisted: ServerDefinition[] = [];
  const lists = await Promise.all(
    servers.map((server) => {
      // A list that is there is not waited for: thousands of promises take their time.
      const list = catalog.listed(server);
      if (list !== undefined) return list;
      unlisted.push(server);
      return catalog.toSearch(server, signal).catch(absenceOf);
    }),
  );
  if (signal.aborted) throw signal.reason;
  const listed: ListedServer[] = [];
  const there = new Map<string, readonly ToolEntry[]>();
  const missing = new Absent(MAX_NAMED);
  for (const [at, { name, description }] of servers.entries()) {
    const entries = lists[at] ?? 'unavailable';
    if (typeof entries === 'string') {
      missing.add(name, entries);
      continue;
    }
    there.set(name, entries);
    if (at < visible.length) listed.push({ name, description, entries });
  }
  for (const one of virtual) {
    const { entries } = virtualList(one, there);
    listed.push({ name: one.name, description: one.description, entries });
  }
  return { listed, missing, unlisted };
}
