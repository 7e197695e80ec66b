/** The tools of virtual servers (docs/virtual-servers.md): those of other servers, under the names that they have here. */
import type { ListOptions } from '../catalog/cached-list.ts';
import { digestOf } from '../catalog/definition.ts';
import type { ToolList } from '../catalog/fetch-tools.ts';
import { emptyFrame } from '../catalog/page-frame.ts';
import { readOffer } from '../catalog/prompts-and-resources.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { VirtualServer } from '../config/virtual/virtual-server.ts';
import type { ToolContext } from './operation.ts';
import { noServerLike } from './unknown-server.ts';

type Entries = readonly ToolEntry[];

/**
 * The tools of a server, virtual ones too. Of several servers, those that cannot be listed are left out.
 * @throws GatewayError SERVER_UNAVAILABLE, TIMEOUT
 */
export async function toolListOf(context: ToolContext, name: string, options: ListOptions): Promise<ToolList> {
  const { snapshot, catalog } = context;
  const virtual = snapshot.virtual?.get(name);
  const server = snapshot.servers.get(name);
  if (server !== undefined) return catalog.toolList(server, options);
  if (virtual === undefined) throw noServerLike(context, name);
  const failures: unknown[] = [];
  const lists = await Promise.all(
    membersOf(context, virtual).map((member) =>
      catalog.toolList(member, options).then(
        ({ entries }) => [member.name, entries] as const,
        (error: unknown) => {
          failures.push(error);
          return undefined;
        },
      ),
    ),
  );
  const listed = lists.filter((list) => list !== undefined);
  if (listed.length === 0 && failures.length > 0) throw failures[0];
  return virtualList(virtual, new Map(listed));
}

/** The tools of a server as far as they are known, without waiting. */
export function knownTools({ snapshot, catalog }: ToolContext, name: string): Entries {
  const server = snapshot.servers.get(name);
  if (server !== undefined) return catalog.listed(server) ?? [];
  const virtual = snapshot.virtual?.get(name);
  if (virtual === undefined) return [];
  const lists = new Map<string, Entries>();
  for (const member of virtual.servers) {
    const definition = snapshot.servers.get(member);
    const entries = definition && catalog.listed(definition);
    if (entries !== undefined) lists.set(member, entries);
  }
  return virtualList(virtual, lists).entries;
}

/** The servers whose tools the caller may find in a virtual one. */
export function membersOf({ snapshot, decide }: Pick<ToolContext, 'snapshot' | 'decide'>, { servers }: VirtualServer) {
  return servers.flatMap((name) => {
    const server = snapshot.servers.get(name);
    return server === undefined || !decide(name).allowed ? [] : [server];
  });
}

/** Names of servers, with those that a virtual one stands for in its place. */
export function withMembers({ virtual }: Pick<Snapshot, 'virtual'>, names: readonly string[]): readonly string[] {
  return virtual === undefined ? names : [...new Set(names.flatMap((name) => virtual.get(name)?.servers ?? [name]))];
}

const NOTHING: Entries = [];
/** By virtual server, what was last made of which lists. */
const made = new WeakMap<VirtualServer, { readonly lists: readonly Entries[]; readonly list: ToolList }>();

/** @param lists of servers, as far as they are there. @returns the same for the same lists */
export function virtualList(virtual: VirtualServer, lists: ReadonlyMap<string, Entries>): ToolList {
  const before = made.get(virtual);
  const all = virtual.servers.map((server) => lists.get(server) ?? NOTHING);
  if (before !== undefined && all.every((one, at) => before.lists[at] === one)) return before.list;
  const entries = virtual.servers.flatMap((server, at) =>
    (all[at] ?? NOTHING).flatMap((entry) => {
      const name = virtual.shownAs(server, entry.name);
      return name === undefined ? [] : [named(entry, name)];
    }),
  );
  const list: ToolList = {
    entries,
    byName: new Map(entries.map((entry) => [entry.name, entry])),
    pages: [{ frame: emptyFrame('tools'), end: entries.length, isEmpty: entries.length === 0 }],
    instructions: undefined,
    ttlMs: undefined,
    size: 0,
  };
  made.set(virtual, { lists: all, list });
  return list;
}

const renamed = new WeakMap<ToolEntry, ToolEntry>();

/** A definition under another name. */
function named(entry: ToolEntry, name: string): ToolEntry {
  if (entry.name === name) return entry;
  const before = renamed.get(entry);
  if (before?.name === name) return before;
  const offer = readOffer(entry.raw, 'name');
  const { raw: text, keyStart = 0, keyEnd = 0 } = offer ?? { raw: entry.raw };
  const raw = offer === undefined ? text : text.slice(0, keyStart) + JSON.stringify(name) + text.slice(keyEnd);
  const { title, description, inputSchema, annotations, paramHeaders, original } = entry;
  const hash = digestOf(raw);
  const other = { name, title, description, raw, inputSchema, annotations, paramHeaders, hash, original };
  renamed.set(entry, other);
  return other;
}
