/** Compares the decisions of two sets of rules, over names that somebody may ask for. Pure. */
import type { Policy } from '../compile-rules.ts';
import type { CallFacts, OfferKind } from '../rules-data.ts';

/**
 * `DEPENDS`: on the arguments of a call, or on what the tool does, which is not known here. `SHADOW`: the rules deny it or ask about it, and
 * it happens, because the agent is in shadow mode.
 */
export type CaseOutcome = 'ALLOW' | 'ASK' | 'DENY' | 'DEPENDS' | 'SHADOW';

export interface Outcomes {
  readonly outcome: CaseOutcome;
  /** The rule that decided. */
  readonly rule: string;
}

/** Something that an agent may ask for. */
export interface DecidedCase {
  readonly agent: string;
  readonly server: string;
  /** Of a tool or prompt, or the URI of a resource; undefined for the server as such. */
  readonly name: string | undefined;
  readonly kind: OfferKind;
}

export interface ChangedDecision<Q extends DecidedCase = DecidedCase> {
  readonly question: Q;
  readonly before: Outcomes;
  readonly after: Outcomes;
}

/** The tools of each server; undefined where they are not known. */
export type ToolsByServer = ReadonlyMap<string, readonly string[] | undefined>;

const OUTCOMES = { allow: 'ALLOW', ask: 'ASK', deny: 'DENY' } as const;

/** The best decision that a call can get. */
export const ANY_CALL: CallFacts = { args: 'any', access: 'any' };

/** The decision of the rules about a question, and what comes of it. */
export function outcomeOf(policy: Policy, { agent, server, name, kind }: DecidedCase): Outcomes {
  const { effect, rule } = policy.judge(agent, server, name, kind, ANY_CALL);
  const atWorst = policy.judge(agent, server, name, kind);
  if (policy.isShadow(agent) && atWorst.effect !== 'allow') return { outcome: 'SHADOW', rule: atWorst.rule };
  return { outcome: atWorst.effect === effect ? OUTCOMES[effect] : 'DEPENDS', rule };
}

/** The questions, in their order, whose outcome is another one. The same outcome by another rule is no change. */
export function changedDecisions<Q extends DecidedCase>(
  before: Policy,
  after: Policy,
  questions: Iterable<Q>,
): ChangedDecision<Q>[] {
  const changed: ChangedDecision<Q>[] = [];
  for (const question of questions) {
    const [old, now] = [outcomeOf(before, question), outcomeOf(after, question)];
    if (old.outcome !== now.outcome) changed.push({ question, before: old, after: now });
  }
  return changed;
}

/** Every agent with every server, and with every tool of it. */
export function* questionsAbout(agents: Iterable<string>, tools: ToolsByServer): Generator<DecidedCase> {
  for (const agent of agents) {
    for (const [server, names] of tools) {
      for (const name of [undefined, ...(names ?? [])]) yield { agent, server, name, kind: 'tool' };
    }
  }
}
