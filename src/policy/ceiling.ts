import type { Policy } from './compile-rules.ts';
import type { CallFacts, Decision, OfferKind } from './rules-data.ts';

/** The subject of a decision: an agent, and the one whose rules bound it where its principal has a ceiling. */
export interface Bounded {
  readonly agent: string;
  readonly ceiling: string | undefined;
  /** True where nobody named the agent: its rules are enforced also where it is in shadow mode. */
  readonly isFallback?: boolean | undefined;
}

/**
 * `Policy.decide` for an agent under a ceiling: the stricter of what both get. The agent's own counts first; the rule of the
 * ceiling has `ceiling: ` before its path. A ceiling is enforced also where the agent that it names
 * is in shadow mode.
 */
export function decideUnderCeiling(
  policy: Policy,
  { agent, ceiling, isFallback }: Bounded,
  server: string,
  name?: string,
  kind?: OfferKind,
  facts?: CallFacts,
): Decision {
  const decide = isFallback === true ? policy.judge : policy.decide;
  const own = decide(agent, server, name, kind, facts);
  if (!own.allowed || ceiling === undefined) return own;
  const bound = policy.judge(ceiling, server, name, kind, facts && { agent, ...facts });
  const isStricter = !bound.allowed || (bound.effect === 'ask' && own.effect === 'allow');
  return isStricter ? { ...bound, rule: `ceiling: ${bound.rule}` } : own;
}

/** True if a decision needs the definition of a tool: rules of the agent, or of its ceiling, speak of access. */
export function readsAccess(policy: Policy, { agent, ceiling }: Bounded, server: string): boolean {
  return policy.readsAccess(agent, server) || (ceiling !== undefined && policy.readsAccess(ceiling, server));
}
