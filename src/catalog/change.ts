/** How a list of tools differs from the one before: a definition that changes after people looked at it is a record. */
import type { ServerDefinition } from '../config/types.ts';
import type { ToolEntry } from './entry.ts';
import type { ToolList } from './fetch.ts';

export interface Change {
  readonly server: ServerDefinition;
  /** Names of tools. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedTool[];
  /** True when the server's instructions are other ones. */
  readonly instructions: boolean;
}

export interface ChangedTool {
  readonly name: string;
  /** Hashes of the definition. */
  readonly before: string;
  readonly after: string;
}

/** @returns undefined where nothing changed. */
export function changeBetween(server: ServerDefinition, before: ToolList, after: ToolList): Change | undefined {
  const missingIn = (list: ToolList) => (entry: ToolEntry) => !list.byName.has(entry.name);
  const added = after.entries.filter(missingIn(before)).map(({ name }) => name);
  const removed = before.entries.filter(missingIn(after)).map(({ name }) => name);
  const changed: ChangedTool[] = [];
  for (const entry of after.entries) {
    const old = before.byName.get(entry.name);
    if (old !== undefined && old.hash !== entry.hash) {
      changed.push({ name: entry.name, before: old.hash, after: entry.hash });
    }
  }
  const instructions = before.instructionsHash !== after.instructionsHash;
  if (added.length + removed.length + changed.length === 0 && !instructions) return undefined;
  return { server, added, removed, changed, instructions };
}
