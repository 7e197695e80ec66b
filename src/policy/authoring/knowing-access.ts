/** Rules over access, where it is known what some tools say of themselves. Pure. */
import type { Policy } from '../compile-rules.ts';
import type { Access, CallFacts, OfferKind } from '../rules-data.ts';

/** The access of a tool by its own word; undefined where nobody knows. */
export type SaidAccess = (server: string, tool: string) => Access | undefined;

/** The same policy; what depends only on the access of a known tool is decided. */
export function knowingAccess(policy: Policy, said: SaidAccess): Policy {
  const known = (server: string, name: string | undefined, kind: OfferKind, facts: CallFacts = {}): CallFacts => {
    const isAsked = facts.access === undefined || facts.access === 'any';
    const access = isAsked && kind === 'tool' && name !== undefined ? said(server, name) : undefined;
    return access === undefined ? facts : { ...facts, access };
  };
  return {
    ...policy,
    decide: (agent, server, name, kind = 'tool', facts = undefined) =>
      policy.decide(agent, server, name, kind, known(server, name, kind, facts)),
    judge: (agent, server, name, kind = 'tool', facts = undefined) =>
      policy.judge(agent, server, name, kind, known(server, name, kind, facts)),
  };
}
