/** Compares a list of tools with the one before: a definition that changes after people looked at it is a record. */
import type { ServerDefinition } from '../config/snapshot.ts';
import { digestOf } from './definition.ts';
import type { ToolList } from './fetch-tools.ts';

/** The key of a list. */
export interface Fingerprint {
  /** Hashes of the definitions, by name. */
  readonly tools: ReadonlyMap<string, string>;
  /** Hash of the server's instructions. */
  readonly instructions: string;
  /** The definition of a tool as JSON text; undefined where hashes are all that is known. */
  readonly raw?: ((name: string) => string | undefined) | undefined;
}

export interface Difference {
  readonly server: ServerDefinition;
  /** Names of tools. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedTool[];
  /** Of those that were removed and added, the ones with equal definitions: new name by old one. */
  readonly renamed: Readonly<Record<string, string>>;
  /** True when the server's instructions are other ones. */
  readonly instructions: boolean;
  /** Hashes of the definitions after it, by name. */
  readonly tools: ReadonlyMap<string, string>;
  /** Hash of all of them. */
  readonly digest: string;
}

export interface ListChange extends Difference {
  /** False where the server was last listed before this process started. */
  readonly whileRunning: boolean;
}

interface ChangedTool {
  readonly name: string;
  /** Hashes of the definition. */
  readonly before: string;
  readonly after: string;
}

export function fingerprintOf({ entries, byName, instructions }: ToolList): Fingerprint {
  const tools = new Map(entries.map(({ name, hash }) => [name, hash]));
  const raw = (name: string): string | undefined => byName.get(name)?.raw;
  return { tools, raw, instructions: digestOf(JSON.stringify(instructions ?? null)) };
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
  const renamed = renamedBetween(texts(removed, before), texts(added, after));
  return { server, added, removed, changed, renamed, instructions, tools: after.tools, digest };
}

function texts(names: readonly string[], { raw }: Fingerprint): ReadonlyMap<string, string> {
  return new Map(names.flatMap((name) => (raw?.(name) === undefined ? [] : [[name, raw(name) ?? '']])));
}

/** New names by old ones: definitions that are equal but for their names. @param removed JSON texts by name */
export function renamedBetween(
  removed: ReadonlyMap<string, string>,
  added: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  if (removed.size === 0 || added.size === 0) return {};
  const namesOf = new Map([...added].map(([name, text]) => [namelessDigest(text), name]));
  const pairs = [...removed].flatMap(([name, text]) => {
    const next = namesOf.get(namelessDigest(text));
    return next === undefined ? [] : [[name, next] as const];
  });
  return Object.fromEntries(pairs);
}

function namelessDigest(text: string): string {
  const { name: _, ...rest } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return digestOf(JSON.stringify(rest));
}
