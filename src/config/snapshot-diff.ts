/** The changes of a reload. Pure. */
import { escapeText } from '../observe/escape-text.ts';
import type { ServerDefinition } from './snapshot.ts';

/** Names of servers, sorted. */
export interface ServerChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
}

/** All that a reload can change of a server: `key` stands for everything else. */
type Compared = Pick<ServerDefinition, 'key' | 'description' | 'timeoutMs' | 'overrides'>;
type Servers = ReadonlyMap<string, Compared>;

/** Compares the servers before and after. */
export function diffServers(before: Servers, after: Servers): ServerChanges {
  const updated: string[] = [];
  const unchanged: string[] = [];
  const added: string[] = [];
  for (const [name, server] of after) {
    const old = before.get(name);
    if (old === undefined) added.push(name);
    else if (isSame(old, server)) unchanged.push(name);
    else updated.push(name);
  }
  const removed = [...before.keys()].filter((name) => !after.has(name));
  return { added: added.sort(), removed: removed.sort(), updated: updated.sort(), unchanged: unchanged.sort() };
}

function isSame(one: Compared, other: Compared): boolean {
  const looksSame = one.overrides?.digest === other.overrides?.digest && one.description === other.description;
  return one.key === other.key && looksSame && one.timeoutMs === other.timeoutMs;
}

/** One line: `+1 (fetch) -0 ~1 (git) =2 (files, memory)`. */
export function describeChanges({ added, removed, updated, unchanged }: ServerChanges): string {
  const part = (sign: string, names: readonly string[]): string =>
    names.length === 0 ? `${sign}0` : `${sign}${names.length} (${names.map(escapeText).join(', ')})`;
  return [part('+', added), part('-', removed), part('~', updated), part('=', unchanged)].join(' ');
}
