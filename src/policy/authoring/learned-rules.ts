/** The least rules that allow what an agent used. Pure. */
import { compile } from '../compile-rules.ts';
import { escapePattern, patternProblem } from '../pattern.ts';
import type { AccessList, AgentRules, OfferKind, OfferMap } from '../rules-data.ts';
import { isNamedAsSkill, skillsAround } from '../skill-uris.ts';

/** Calls of an agent for one thing. */
export interface Use {
  readonly server: string;
  /** Undefined for the server as such. */
  readonly name: string | undefined;
  readonly kind: OfferKind;
  /** The number of calls that were allowed, and the number of them that never came to a server. */
  readonly allowed: number;
  readonly missed: number;
}

/** The reason why a use is in no rule. */
export type Reason =
  /** A rule of `deny` speaks of it, which learning leaves alone. */
  | { readonly kind: 'denied'; readonly rule: string }
  | { readonly kind: 'seldom' }
  /** No call came to such a server or tool: the name may be a mistake. */
  | { readonly kind: 'missed' }
  /** The name has no pattern: it is empty, or too long. */
  | { readonly kind: 'unwritable' };

export interface Learned<U extends Use> {
  /** The `allow` to be; it allows every use in `learned`, and nothing else. */
  readonly allow: AccessList;
  readonly learned: readonly U[];
  readonly leftOut: readonly { readonly use: U; readonly reason: Reason }[];
}

const MAPS = { tool: 'tools', prompt: 'prompts', resource: 'resources', skill: 'skills' } as const;

/**
 * Learns from uses of one agent. Its denies stay, and beat what was learned.
 * @param uses each thing at most once; those that were never allowed do not count
 * @param minUses calls that a thing needs
 */
export function learnRules<U extends Use>({ deny }: AgentRules, uses: readonly U[], minUses = 1): Learned<U> {
  const leftOut: { use: U; reason: Reason }[] = [];
  const candidates: U[] = [];
  for (const use of uses) {
    if (use.allowed === 0) continue;
    const reason = reasonAgainst(use, minUses);
    if (reason === undefined) candidates.push(use);
    else leftOut.push({ use, reason });
  }
  const policy = compile({ agents: { one: { allow: accessTo(candidates), ...(deny === undefined ? {} : { deny }) } } });
  const learned: U[] = [];
  for (const use of candidates) {
    const { allowed, rule } = policy.judge('one', use.server, use.name, use.kind);
    if (allowed) learned.push(use);
    else leftOut.push({ use, reason: { kind: 'denied', rule: rule.replace(/^agents\.one\.deny/, 'deny') } });
  }
  return { allow: accessTo(learned), learned, leftOut };
}

function reasonAgainst({ server, name, allowed, missed }: Use, minUses: number): Reason | undefined {
  if (missed === allowed) return { kind: 'missed' };
  if (allowed < minUses) return { kind: 'seldom' };
  const isWritable = [server, name].every(
    (one) => one === undefined || patternProblem(escapePattern(one)) === undefined,
  );
  return isWritable ? undefined : { kind: 'unwritable' };
}

/** Rules that allow these uses by name, and nothing else of their servers. */
function accessTo(uses: readonly Use[]): AccessList {
  const servers = sorted(uses.map(({ server }) => server));
  const of = (kind: OfferKind, server: string): string[] =>
    sorted(uses.flatMap((use) => (use.server === server ? namesIn(use, kind) : [])));
  const map = (kind: OfferKind): OfferMap => {
    const named = servers.flatMap((server): [string, string[]][] => {
      const names = of(kind, server);
      // Without an entry, a server comes with everything.
      return names.length === 0 && kind !== 'tool' ? [] : [[escapePattern(server), names.map(escapePattern)]];
    });
    const rest: [string, string[]][] = named.length === servers.length ? [] : [['*', []]];
    return record([...rest, ...named]);
  };
  const maps = Object.entries(MAPS).map(([kind, key]) => [key, map(kind as OfferKind)] as const);
  return {
    servers: servers.map(escapePattern),
    ...Object.fromEntries(maps.filter(([, of]) => Object.keys(of).length > 0)),
  };
}

/** Names of one kind in a use. Whoever reads a file of a skill needs that skill. */
function namesIn({ kind, name }: Use, wanted: OfferKind): readonly string[] {
  if (name === undefined) return [];
  if (kind === wanted) return [name];
  if (kind === 'skill' && wanted === 'resource') return [name];
  return kind === 'resource' && wanted === 'skill' && isNamedAsSkill(name) ? skillsAround(name) : [];
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort((one, other) => (one < other ? -1 : Number(one > other)));
}

/** No prototype: a server may be called `__proto__`. */
function record<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}
