/** Reads what an entry says about how something of its server appears; what contradicts itself is an error of the entry. */
import { parsePointer } from '../../policy/arguments/call-arguments.ts';
import type { EntryFindings } from '../entry-findings.ts';
import { check } from '../file-schemas.ts';
import { readLoopBreaker } from '../limit-terms.ts';
import { quote } from '../quote-name.ts';
import { overrides } from '../schema-overrides.ts';
import {
  type ArgumentOverride,
  type ItemOverride,
  OVERRIDE_KINDS,
  type OverrideKind,
  Overrides,
  PRINCIPAL,
} from './overrides.ts';

/** What the schema lets through of one tool, prompt or resource, all of which have fewer members. */
interface Written {
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly hidden?: true;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly arguments?: ReadonlyMap<string, WrittenArgument>;
  readonly cost?: number;
  readonly loop_breaker?: boolean | number;
  readonly cache?: { readonly ttl_ms: number; readonly max_bytes?: number; readonly vary?: readonly string[] };
}

interface WrittenArgument {
  readonly fixed?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly hidden?: true;
}

interface Reading {
  readonly findings: EntryFindings;
  /** Replaces the variables in a value; what cannot be replaced is an error. */
  readonly substituted: (value: unknown, at: readonly (string | number)[]) => unknown;
}

/** @param written the entry. @returns undefined where it says nothing of that kind, or something wrong */
export function readOverrides(written: ReadonlyMap<string, unknown>, reading: Reading): Overrides | undefined {
  if (OVERRIDE_KINDS.every((kind) => !written.has(kind))) return undefined;
  const checked = check(overrides, written);
  if (!checked.ok) {
    for (const { path, message, fix, target } of checked.issues) reading.findings.error(path, message, fix, target);
    return undefined;
  }
  const entry = checked.value;
  const read = (kind: OverrideKind): ReadonlyMap<string, ItemOverride> => {
    const items: ReadonlyMap<string, Written> = entry[kind] ?? new Map();
    const all = new Map([...items].map(([key, item]) => [key, readItem(kind, key, item, reading)] as const));
    if (kind !== 'resources') refuseDoubles(kind, all, reading.findings);
    return all;
  };
  return new Overrides({ tools: read('tools'), prompts: read('prompts'), resources: read('resources') });
}

function readItem(kind: OverrideKind, key: string, item: Written, reading: Reading): ItemOverride {
  const { cost, loop_breaker, cache, ...looks } = item;
  const { name, title, description, annotations, hidden } = looks;
  const at = [kind, key, 'arguments'] as const;
  const args = [...(item.arguments ?? [])].map(([pointer, argument]) =>
    readArgument(kind, pointer, argument, [...at, pointer], reading),
  );
  for (const { pointer, path } of args) {
    const around = args.find((one) => one.path.length < path.length && one.path.every((part, i) => part === path[i]));
    if (around?.isHidden !== true) continue;
    const fix = `Say all of it in ${quote(around.pointer)}, or remove that`;
    reading.findings.error(
      [...at, pointer],
      `is inside of ${quote(around.pointer)}, which agents do not give`,
      fix,
      'key',
    );
  }
  const text = JSON.stringify(plainOf(looks));
  const loopBreaker = readLoopBreaker(loop_breaker);
  const kept = readCache(cache);
  return {
    name,
    title,
    description,
    annotations,
    isHidden: hidden === true,
    args,
    cost,
    loopBreaker,
    cache: kept,
    text,
  };
}

function readCache(cache: Written['cache']): ItemOverride['cache'] {
  if (cache === undefined) return undefined;
  return { ttlMs: cache.ttl_ms, maxBytes: cache.max_bytes, isPublic: cache.vary?.length === 0 };
}

function readArgument(
  kind: OverrideKind,
  pointer: string,
  argument: WrittenArgument,
  at: readonly string[],
  { findings, substituted }: Reading,
): ArgumentOverride {
  const { description } = argument;
  const steps = parsePointer(pointer) ?? [];
  const has = (key: 'fixed' | 'default'): boolean => argument[key] !== undefined;
  const textOf = (key: 'fixed' | 'default'): string | undefined =>
    has(key) ? JSON.stringify(plainOf(substituted(argument[key], [...at, key]))) : undefined;
  if (has('fixed') && has('default')) {
    findings.error([...at, 'default'], 'cannot count beside "fixed"', 'Keep one of them', 'key');
  }
  if (kind === 'prompts') checkPromptArgument(steps, argument, at, findings);
  const byDefault = textOf('default');
  return {
    pointer,
    path: kind === 'prompts' ? ['arguments', ...steps] : steps,
    fixed: textOf('fixed'),
    byDefault,
    isPlain: byDefault === undefined || byDefault === JSON.stringify(plainOf(argument.default)),
    description,
    isHidden: has('fixed') || argument.hidden === true,
  };
}

/** Arguments of prompts are texts, and none is inside of another one. */
function checkPromptArgument(
  steps: readonly string[],
  argument: WrittenArgument,
  at: readonly string[],
  findings: EntryFindings,
): void {
  if (steps.length !== 1)
    findings.error(at, 'is inside of another argument', 'Prompts have none of those: write "/NAME"', 'key');
  for (const key of ['fixed', 'default'] as const) {
    const value = argument[key];
    if (value !== undefined && typeof value !== 'string')
      findings.error([...at, key], 'must be a string in quotes: arguments of prompts are texts', 'Write it in quotes');
  }
}

/** Two things of one kind cannot have one name. */
function refuseDoubles(kind: OverrideKind, items: ReadonlyMap<string, ItemOverride>, findings: EntryFindings): void {
  const visible = [...items].filter(([, { isHidden }]) => !isHidden);
  const owners = new Map(visible.flatMap(([key, { name }]) => (name === undefined ? [[key, key] as const] : [])));
  for (const [key, { name }] of visible) {
    if (name === undefined) continue;
    const other = owners.get(name);
    if (other !== undefined) {
      findings.error([kind, key, 'name'], `is also the name of ${quote(other)}`, 'Give one of them another name');
    }
    owners.set(name, key);
  }
}

/** The value with objects in place of maps, ready for JSON. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plainOf(inner)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

/** The variables of a value besides those of the environment: `principal` is known when there is a call. */
export const CALL_VARIABLES = { principal: PRINCIPAL } as const;
