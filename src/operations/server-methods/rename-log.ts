/** Says which servers and tools have other names in the views of several servers. */
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { Log } from '../../upstream/contract.ts';
import { exposedName, renamedServer } from './exposed-names.ts';

/** Tools of one server that the log names. */
const MAX_NAMED = 20;

/** Servers whose names cannot stand before the names of their tools, with the names that do. */
export function renamedServers(names: Iterable<string>): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const name of names) {
    const other = renamedServer(name);
    if (other !== undefined) renamed.set(name, other);
  }
  return renamed;
}

/** A sentence for people. */
export function renameSentence(server: string, exposed: string): string {
  return `Server ${JSON.stringify(server)} is "${exposed}" in names of tools and prompts ("${exposed}__TOOL"): models take letters, digits, "_" and "-", and no long names. Its own name stays valid everywhere else.`;
}

export interface RenameLog {
  /** The servers of a configuration that is now in force. */
  servers(names: Iterable<string>): void;
  /** The entries that a server listed. */
  tools(server: string, before: readonly ToolEntry[] | undefined, after: readonly ToolEntry[]): void;
}

/** Says each thing once. */
export function createRenameLog(log: Log): RenameLog {
  const told = new Set<string>();
  return {
    servers(names) {
      for (const [server, exposed] of renamedServers(names)) {
        if (told.has(server)) continue;
        told.add(server);
        log.info({ server, exposed }, renameSentence(server, exposed));
      }
    },
    tools(server, before, after) {
      const known = new Set(before?.map(({ name }) => name));
      const renamed = after.filter(({ name }) => !known.has(name) && !exposedName(server, name).endsWith(`__${name}`));
      if (renamed.length === 0) return;
      const names = renamed.slice(0, MAX_NAMED).map(({ name }) => [name.slice(0, 128), exposedName(server, name)]);
      log.info(
        { server, tools: renamed.length, names: Object.fromEntries(names) },
        'tools have other names in the direct view, since models would not take theirs',
      );
    },
  };
}
