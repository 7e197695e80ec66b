import type { Verdict } from './compile-agent.ts';
import type { ExplainablePolicy } from './compile-rules.ts';
import type { Effect, OfferKind } from './rules-data.ts';

/** A decision with its grounds, for people: what `policy explain` prints. */
export interface Explanation {
  readonly agent: string;
  readonly server: string;
  readonly tool: string | null;
  /** What was asked about in place of a tool. */
  readonly prompt?: string;
  readonly resource?: string;
  readonly decision: 'ALLOW' | 'ASK' | 'DENY';
  /** Path of the deciding rule, `implicit_grant`, `default_deny` or `unknown_agent`. */
  readonly rule: string;
  /** The pattern that the rule consists of; null where no rule matched. */
  readonly pattern: string | null;
  /** One or two sentences. */
  readonly reason: string;
  /** False for an agent in shadow mode: it may, whatever is decided. Absent for all others. */
  readonly enforced?: false;
}

const SAID = { allow: 'ALLOW', ask: 'ASK', deny: 'DENY' } as const;

/** Decides as `Policy.judge` does and says why. */
export function explain(
  policy: ExplainablePolicy,
  agent: string,
  server: string,
  name?: string,
  kind: OfferKind = 'tool',
): Explanation {
  const verdict = policy.verdict(agent, server, name, kind);
  return {
    agent,
    server,
    tool: kind === 'tool' ? (name ?? null) : null,
    ...(kind === 'tool' || name === undefined ? {} : { [kind]: name }),
    decision: SAID[verdict.decision.effect],
    rule: verdict.decision.rule,
    pattern: verdict.rule?.source ?? null,
    reason: reasonOf(verdict, agent, server, name ?? ''),
    ...(policy.isShadow(agent) ? { enforced: false } : {}),
  };
}

function reasonOf({ about, decision, rule }: Verdict, agent: string, server: string, name: string): string {
  if (about === 'agent') return `The rules have no agent ${quoted(agent)}, and what they do not have may use nothing.`;
  if (about === 'server') {
    if (rule === undefined) return `Nothing in allow.servers of ${quoted(agent)} matches server ${quoted(server)}.`;
    const matched = `${quoted(rule.source)} matches server ${quoted(server)}`;
    return said(decision.effect, matched, 'servers');
  }
  const map = `${about}s`;
  if (rule === undefined) {
    return decision.allowed
      ? `Server ${quoted(server)} is allowed and allow.${map} has no entry for it: every ${about} that is not denied may be used.`
      : `allow.${map} has an entry for server ${quoted(server)}, and nothing in it matches ${about} ${quoted(name)}.`;
  }
  const matched = `${quoted(rule.source)} under ${quoted(rule.key ?? '')} matches ${about} ${quoted(name)}`;
  return said(decision.effect, matched, map);
}

function said(effect: Effect, matched: string, map: string): string {
  switch (effect) {
    case 'allow':
      return `${matched} in allow.${map}, and nothing in deny.${map} does.`;
    case 'ask':
      return `${matched} in ask.${map}: it is allowed, and a person is asked before every use.`;
    case 'deny':
      return `${matched} in deny.${map}. A deny beats every allow.`;
  }
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
