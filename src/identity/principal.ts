import type { Assurance, PrincipalDefinition, Snapshot } from '../config/snapshot.ts';
import { compilePattern, type NameMatcher } from '../policy/pattern.ts';

/** The principal that connected, and how it proved itself (docs/identity.md), under one snapshot. */
export interface Principal {
  readonly name: string;
  readonly defaultAgent: string | undefined;
  /** An agent whose rules bound whatever this principal acts as. */
  readonly ceiling: string | undefined;
  /** A hook attests which agent calls; it is never claimed. */
  readonly hook: boolean;
  /** May know every name, and what all others do. */
  readonly operator: boolean;
  /** The assurance of an agent that is the only one this principal may assume. */
  readonly assurance: Assurance;
  mayAssume(agent: string): boolean;
  /** The agent, where the rules leave this principal exactly one: then no claim is needed to know it. */
  readonly soleAgent: string | undefined;
}

/** The statements of a credential about its bearer, within what its principal may do. */
export interface Grant {
  /** Agents that it names; undefined where the rules do not ask it for any. */
  readonly agents: readonly string[] | undefined;
  readonly scopes: readonly string[];
}

/** A principal of the rules, its patterns ready to be asked. */
interface Compiled {
  readonly principal: Principal;
  readonly scopes: ReadonlyMap<string, readonly NameMatcher[]> | undefined;
}

const compiled = new WeakMap<Snapshot, ReadonlyMap<string, Compiled>>();

/** The principal of that name in the rules; undefined where they have none. */
export function principalOf(snapshot: Snapshot, name: string): Principal | undefined {
  return compiledOf(snapshot, name)?.principal;
}

/** The same, narrowed to what its credential grants. */
export function grantedPrincipal(snapshot: Snapshot, name: string, grant: Grant): Principal | undefined {
  const found = compiledOf(snapshot, name);
  if (found === undefined) return undefined;
  const { principal, scopes } = found;
  const matchers = scopes && grant.scopes.flatMap((scope) => scopes.get(scope) ?? []);
  const mayAssume = (agent: string): boolean =>
    principal.mayAssume(agent) &&
    (grant.agents === undefined || grant.agents.includes(agent)) &&
    (matchers === undefined || matchers.some((matches) => matches(agent)));
  const [named, ...others] = grant.agents ?? [];
  return {
    ...principal,
    mayAssume,
    soleAgent: soleOf(snapshot, mayAssume),
    defaultAgent: others.length === 0 && named !== undefined ? named : principal.defaultAgent,
  };
}

/** Everybody of one kind where the rules have no principals: may be every agent, by claim, and is its owner. */
export function unrestricted(name: string): Principal {
  return {
    name,
    defaultAgent: undefined,
    ceiling: undefined,
    hook: false,
    operator: true,
    assurance: 'claim',
    mayAssume: () => true,
    soleAgent: undefined,
  };
}

function compiledOf(snapshot: Snapshot, name: string): Compiled | undefined {
  let principals = compiled.get(snapshot);
  if (principals === undefined) {
    const definitions = [...(snapshot.principals?.values() ?? [])];
    principals = new Map(definitions.map((definition) => [definition.name, compile(snapshot, definition)]));
    compiled.set(snapshot, principals);
  }
  return principals.get(name);
}

function compile(snapshot: Snapshot, definition: PrincipalDefinition): Compiled {
  const { name, stdio, tokenSha256, jwt, hook, operator, defaultAgent, ceiling } = definition;
  const patterns = definition.mayAssume.map(compilePattern);
  const mayAssume = (agent: string): boolean => patterns.some((matches) => matches(agent));
  return {
    principal: {
      name,
      defaultAgent,
      ceiling,
      hook,
      operator,
      assurance: stdio ? 'launch' : tokenSha256 === undefined ? 'jwt' : 'token',
      mayAssume,
      soleAgent: soleOf(snapshot, mayAssume),
    },
    scopes: jwt?.scopes && new Map([...jwt.scopes].map(([scope, sources]) => [scope, sources.map(compilePattern)])),
  };
}

function soleOf(snapshot: Snapshot, mayAssume: (agent: string) => boolean): string | undefined {
  const [sole, ...others] = snapshot.policy.agents.filter(mayAssume);
  return others.length === 0 ? sole : undefined;
}
