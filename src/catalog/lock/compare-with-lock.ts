/** Compares what a server offers now with what was accepted of it. */
import { digestOf } from '../definition.ts';
import { renamedBetween } from '../list-change.ts';
import type { KeptDefinitions } from './kept-definitions.ts';
import { keyParts, type LockedServer } from './lock-text.ts';

export interface DefinitionChange {
  readonly kind: string;
  /** As the server calls it; `''` for what it has one of. */
  readonly name: string;
  readonly what: 'new' | 'changed' | 'removed' | 'renamed';
  /** The new name, where an equal definition has another one. */
  readonly to?: string;
  /** JSON text, or a version; undefined where there is none, or it was accepted elsewhere and is not known here. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Comparison {
  readonly changes: readonly DefinitionChange[];
  /** Definitions that are as they were accepted. */
  readonly same: number;
  /** Names all that was seen: the same while the server offers the same. */
  readonly state: string;
}

/** @param locked undefined where nothing of the server was accepted */
export function compareWithLock(locked: LockedServer = new Map(), kept: KeptDefinitions): Comparison {
  const { seen, gone, texts } = kept;
  const textOf = (key: string, value: string | undefined): string | undefined =>
    value === undefined ? undefined : keyParts(key).kind === 'package' ? value : texts.get(value);
  const changes: DefinitionChange[] = [];
  let same = 0;
  for (const key of [...new Set([...locked.keys(), ...seen.keys()])].sort()) {
    const before = locked.get(key);
    // Of a kind that was not looked at nothing is known, and so no change.
    const after = gone.has(key) ? undefined : (seen.get(key) ?? before);
    if (before === after) {
      if (before !== undefined) same++;
      continue;
    }
    const what = before === undefined ? 'new' : after === undefined ? 'removed' : 'changed';
    changes.push({ ...keyParts(key), what, before: textOf(key, before), after: textOf(key, after) });
  }
  const state = digestOf(JSON.stringify([[...seen].filter(([key]) => !gone.has(key)).sort()])).slice(0, 12);
  return { changes: withRenames(changes), same, state };
}

/** A removal and an equal definition under another name are one change. */
function withRenames(changes: readonly DefinitionChange[]): DefinitionChange[] {
  const renames = new Map<DefinitionChange, DefinitionChange>();
  for (const kind of ['tool', 'prompt']) {
    const [removed, added] = (['removed', 'new'] as const).map((what) =>
      changes.filter((change) => change.kind === kind && change.what === what),
    );
    const pairs = renamedBetween(textsOf(removed, 'before'), textsOf(added, 'after'));
    for (const [from, to] of Object.entries(pairs)) {
      const [one, other] = [removed?.find(({ name }) => name === from), added?.find(({ name }) => name === to)];
      if (one !== undefined && other !== undefined) renames.set(one, other);
    }
  }
  const targets = new Set(renames.values());
  return changes.flatMap((change): DefinitionChange[] => {
    if (targets.has(change)) return [];
    const other = renames.get(change);
    return [other === undefined ? change : { ...change, what: 'renamed', to: other.name, after: other.after }];
  });
}

function textsOf(changes: readonly DefinitionChange[] = [], side: 'before' | 'after'): ReadonlyMap<string, string> {
  return new Map(changes.flatMap((change) => (change[side] === undefined ? [] : [[change.name, change[side] ?? '']])));
}
