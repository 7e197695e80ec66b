import type { PrincipalDefinition, Snapshot } from '../config/types.ts';
import type { Assurance } from '../pipeline/types.ts';
import { compilePattern } from '../policy/pattern.ts';

/** Who connected, proven by how (identity.md). */
export interface Principal {
  readonly name: string;
  readonly defaultAgent: string | undefined;
  /** What an agent gets that is the only one this principal may assume. */
  readonly assurance: Assurance;
  mayAssume(agent: string): boolean;
  /** True where the rules leave this principal exactly one agent: then no claim is needed to know it. */
  readonly soleAgent: string | undefined;
}

/** Whoever started us over stdio, where the rules have no principals: what existing users have. */
export const IMPLICIT_STDIO = 'local';
/** Whoever holds the generated token, where the rules have no principals. */
export const IMPLICIT_TOKEN = 'gateway';
/** Everybody, with `--no-auth` on a loopback address. */
export const ANONYMOUS = 'anonymous';

const compiled = new WeakMap<Snapshot, Map<string, Principal>>();

/** The principal of that name under this snapshot; undefined once the rules no longer have it. */
export function principalOf(snapshot: Snapshot, name: string): Principal | undefined {
  let principals = compiled.get(snapshot);
  if (principals === undefined) {
    principals = compilePrincipals(snapshot);
    compiled.set(snapshot, principals);
  }
  return principals.get(name);
}

function compilePrincipals(snapshot: Snapshot): Map<string, Principal> {
  if (snapshot.principals === undefined) {
    const names = [IMPLICIT_STDIO, IMPLICIT_TOKEN, ANONYMOUS];
    return new Map(names.map((name) => [name, unrestricted(name)]));
  }
  return new Map(Array.from(snapshot.principals.values(), (entry) => [entry.name, restricted(snapshot, entry)]));
}

function unrestricted(name: string): Principal {
  return { name, defaultAgent: undefined, assurance: 'claim', mayAssume: () => true, soleAgent: undefined };
}

function restricted(snapshot: Snapshot, entry: PrincipalDefinition): Principal {
  const patterns = entry.mayAssume.map(compilePattern);
  const mayAssume = (agent: string): boolean => patterns.some((matches) => matches(agent));
  const [sole, ...others] = snapshot.policy.agents.filter(mayAssume);
  return {
    name: entry.name,
    defaultAgent: entry.defaultAgent,
    assurance: entry.stdio ? 'launch' : 'token',
    mayAssume,
    soleAgent: others.length === 0 ? sole : undefined,
  };
}
