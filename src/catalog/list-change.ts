/** How a list of tools differs from the one before: a definition that changes after people looked at it is a record. */
import type { ServerDefinition } from '../config/snapshot.ts';
import { digestOf } from './definition.ts';
import type { ToolList } from './fetch-tools.ts';

/** The key of a list. */
export interface Fingerprint {
  /** Hashes of the definitions, by name. */
  readonly tools: ReadonlyMap<string, string>;
  /** Hash of the server's instructions. */
  readonly instructions: string;
}

export interface Difference {
  readonly server: ServerDefinition;
  /** Names of tools. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedTool[];
  /** True when the server's instructions are other ones. */
  readonly instructions: boolean;
  /** Hash of all definitions after it. */
  readonly digest: string;
}

export interface Change extends Difference {
  /** False where the server was last listed before this process started. */
  readonly whileRunning: boolean;
}

export interface ChangedTool {
  readonly name: string;
  /** Hashes of the definition. */
  readonly before: string;
  readonly after: string;
}

export function fingerprintOf({ entries, instructions }: ToolList): Fingerprint {
  const tools = new Map(entries.map(({ name, hash }) => [name, hash]));
  return { tools, instructions: digestOf(JSON.stringify(instructions ?? null)) };
}

/** @returns undefined where nothing changed. */
export function changeBetween(
  server: ServerDefinition,
  before: Fingerprint,
  after: Fingerprint,
): Difference | undefined {
  const added = [...after.tools.keys()].filter((name) => !before.tools.has(name));
  const removed = [...before.tools.keys()].filter((name) => !after.tools.has(name));
  const changed: ChangedTool[] = [];
  for (const [name, hash] of after.tools) {
    const old = before.tools.get(name);
    if (old !== undefined && old !== hash) changed.push({ name, before: old, after: hash });
  }
  const instructions = before.instructions !== after.instructions;
  if (added.length + removed.length + changed.length === 0 && !instructions) return undefined;
  const digest = digestOf(JSON.stringify([after.instructions, ...after.tools]));
  return { server, added, removed, changed, instructions, digest };
}
