/** Finds what an entry speaks of and its server does not have: with the nearest name that it does have. Pure. */

import { nearest } from '../nearest-name.ts';
import { quote } from '../quote-name.ts';
import { findInSchema } from '../schema-members.ts';
import type { ItemOverride, OverrideKind } from './overrides.ts';

interface UnknownOverride {
  /** From the entry on. */
  readonly path: readonly string[];
  /** The end of a sentence about what is at the path. */
  readonly message: string;
  readonly fix: string;
}

const WHAT = { tools: 'tool', prompts: 'prompt', resources: 'resource' } as const;
const KEEP = 'Correct the name, or keep it for one that comes back';

/**
 * One for each thing that is not there, and each argument that it does not take.
 * @param listed JSON text of the definitions of the server, by name or URI
 */
export function unknownOverrides(
  kind: OverrideKind,
  items: ReadonlyMap<string, ItemOverride>,
  listed: ReadonlyMap<string, string>,
): UnknownOverride[] {
  return [...items].flatMap(([key, item]): UnknownOverride[] => {
    const raw = listed.get(key);
    if (raw !== undefined) return [...argumentsOf(kind, key, item, raw), ...uselessCache(kind, key, item, raw)];
    const message = `is no ${WHAT[kind]} that the server lists`;
    return [{ path: [kind, key], message, fix: meant(key, [...listed.keys()]) ?? KEEP }];
  });
}

/** Results are kept of tools alone that say that they only read. */
function uselessCache(kind: OverrideKind, key: string, item: ItemOverride, raw: string): UnknownOverride[] {
  if (item.cache === undefined) return [];
  const { annotations } = JSON.parse(raw) as { readonly annotations?: Readonly<Record<string, unknown>> };
  if ({ ...annotations, ...item.annotations }['readOnlyHint'] === true) return [];
  const message = 'keeps nothing: the tool does not say that it only reads';
  const fix = 'If it does, write "annotations": { "readOnlyHint": true } beside it';
  return [{ path: [kind, key, 'cache'], message, fix }];
}

function argumentsOf(kind: OverrideKind, key: string, item: ItemOverride, raw: string): UnknownOverride[] {
  const definition = JSON.parse(raw) as Readonly<Record<string, unknown>>;
  const names = namesOf(definition['arguments']);
  return item.args.flatMap(({ pointer, path }): UnknownOverride[] => {
    const place =
      kind === 'tools'
        ? findInSchema(definition['inputSchema'] ?? true, path)
        : names.includes(path.at(-1) ?? '') || { missing: path.at(-1) ?? '', instead: names };
    if (typeof place !== 'object') return [];
    const fix =
      meant(place.missing, place.instead) ?? 'Look at what it takes: "agent-mcp-gateway tools list SERVER --json"';
    return [{ path: [kind, key, 'arguments', pointer], message: 'is no argument that it takes', fix }];
  });
}

function namesOf(list: unknown): string[] {
  const entries: unknown[] = Array.isArray(list) ? list : [];
  return entries.flatMap((entry) => {
    const name = typeof entry === 'object' && entry !== null ? (entry as { readonly name?: unknown }).name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

function meant(name: string, known: readonly string[]): string | undefined {
  const similar = nearest(name, known);
  return similar === undefined ? undefined : `Did you mean ${quote(similar)}?`;
}
