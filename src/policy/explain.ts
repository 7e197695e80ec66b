import { conditionWords, outcomeWords } from './authoring/condition-words.ts';
import type { Verdict } from './compile-agent.ts';
import type { ExplainablePolicy } from './compile-rules.ts';
import type { Rule } from './rule-set.ts';
import type { CallFacts, Effect, OfferKind } from './rules-data.ts';

/** A decision with its grounds, for people: what `policy explain` prints. */
interface Explanation {
  readonly agent: string;
  readonly server: string;
  readonly tool: string | null;
  /** The thing that was asked about in place of a tool. */
  readonly prompt?: string;
  readonly resource?: string;
  readonly skill?: string;
  readonly decision: 'ALLOW' | 'ASK' | 'DENY' | 'DEPENDS';
  /** Path of the deciding rule, `implicit_grant`, `default_deny` or `unknown_agent`. */
  readonly rule: string;
  /** The pattern that the rule consists of; null where no rule matched. */
  readonly pattern: string | null;
  /** JSON Pointer of the argument that decided. */
  readonly pointer?: string;
  /** The facts that are not known and make a difference. */
  readonly depends_on?: readonly ('arguments' | 'access')[];
  /** The labels of a call, where rules speak of combinations and the owner says it. */
  readonly labels?: readonly string[];
  /** One or two sentences, and one for each rule over combinations that is about such a call. */
  readonly reason: string;
  /** False for an agent in shadow mode: it may, whatever is decided. Absent for all others. */
  readonly enforced?: false;
}

const SAID = { allow: 'ALLOW', ask: 'ASK', deny: 'DENY' } as const;

/**
 * Decides as `Policy.judge` does and says why.
 * @param facts of the call; where they make a difference and are left out, it says so
 */
export function explain(
  policy: ExplainablePolicy,
  agent: string,
  server: string,
  name?: string,
  kind: OfferKind = 'tool',
  facts: CallFacts = {},
): Explanation {
  const { args = 'any', access = 'any' } = facts;
  const verdict = policy.verdict(agent, server, name, kind, { ...facts, args, access });
  const { decision, rule } = verdict;
  const differs = (more: CallFacts): boolean =>
    policy.judge(agent, server, name, kind, { ...facts, ...more }).effect !== decision.effect;
  const dependsOn = [
    ...(facts.args === undefined && differs({ access }) ? (['arguments'] as const) : []),
    ...(facts.access === undefined && differs({ args }) ? (['access'] as const) : []),
  ];
  const labels = policy.flow?.labelsOf(server, name, kind);
  return {
    agent,
    server,
    tool: kind === 'tool' ? (name ?? null) : null,
    ...(kind === 'tool' || name === undefined ? {} : { [kind]: name }),
    decision: dependsOn.length > 0 ? 'DEPENDS' : SAID[decision.effect],
    rule: decision.rule,
    pattern: rule?.source ?? null,
    ...(decision.pointer === undefined ? {} : { pointer: decision.pointer }),
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn }),
    ...(labels === undefined ? {} : { labels }),
    reason:
      reasonOf(verdict, agent, server, name ?? '') +
      dependence(dependsOn) +
      (decision.allowed && (facts.carries === undefined || labels === undefined) ? combinations(policy, labels) : ''),
    ...(policy.isShadow(agent) ? { enforced: false } : {}),
  };
}

function dependence(on: readonly ('arguments' | 'access')[]): string {
  if (on.length === 0) return '';
  const what = on.map((one) => (one === 'arguments' ? 'the arguments of the call' : 'what the tool does to the world'));
  return ` That is so at best: it depends on ${what.join(' and on ')}.`;
}

/** The rules over combinations that may hold such a call. @param labels undefined where the owner gives none */
function combinations({ flow }: ExplainablePolicy, labels: readonly string[] | undefined): string {
  if (flow === undefined) return '';
  if (labels === undefined)
    return ' What it touches is for its server to say; rules over combinations may hold it then.';
  const held = flow.rules.filter(({ call }) => labels.includes(call));
  return held
    .map(({ after, call, decision }) => {
      const what = decision.effect === 'ask' ? 'a person is asked' : 'it is denied';
      return ` It is ${call}: after ${after.join(' and ')}, ${what} (${decision.rule}).`;
    })
    .join('');
}

function reasonOf({ about, decision, rule, missed }: Verdict, agent: string, server: string, name: string): string {
  if (about === 'agent') return `The rules have no agent ${quoted(agent)}, and what they do not have may use nothing.`;
  if (about === 'server') {
    if (rule === undefined) return `Nothing in allow.servers of ${quoted(agent)} matches server ${quoted(server)}.`;
    const matched = `${quoted(rule.source)} matches server ${quoted(server)}`;
    return said(decision.effect, matched, 'servers');
  }
  if (about === 'approved') {
    return `${quoted(name)} of ${quoted(server)} stands in approved: somebody allowed it for good, and nobody is asked any more.`;
  }
  if (about === 'flow') {
    const what = decision.effect === 'ask' ? 'a person is asked before such a call' : 'such a call is denied';
    return `The caller carries ${decision.after?.join(' and ')}, and with that ${what}.`;
  }
  if (about === 'access') return reasonOfAccess(rule, decision.effect, server);
  const map = `${about}s`;
  if (missed?.written !== undefined && missed.outcome !== undefined) {
    const matched = `${quoted(missed.source)} under ${quoted(missed.key ?? '')} in allow.${map} matches ${about} ${quoted(name)}`;
    return `${matched}, but not this call: ${outcomeWords(missed.written, missed.outcome)}.`;
  }
  if (rule === undefined) {
    return decision.allowed
      ? `Server ${quoted(server)} is allowed and allow.${map} has no entry for it: every ${about} that is not denied may be used.`
      : `allow.${map} has an entry for server ${quoted(server)}, and nothing in it matches ${about} ${quoted(name)}.`;
  }
  const { written, outcome } = rule;
  const call =
    written === undefined || conditionWords(written) === ''
      ? ''
      : outcome === undefined
        ? ` where ${conditionWords(written)},`
        : `, and the call (${outcomeWords(written, outcome)}),`;
  const matched = `${quoted(rule.source)} under ${quoted(rule.key ?? '')} matches ${about} ${quoted(name)}${call}`;
  return said(decision.effect, matched, map);
}

function reasonOfAccess(rule: Rule | undefined, effect: Effect, server: string): string {
  if (rule === undefined) {
    return `Rules speak of the access of tools of ${quoted(server)}, and none allows this one, or there is no such tool.`;
  }
  return said(effect, `${quoted(rule.source)} under ${quoted(rule.key ?? '')} is the access of this tool`, 'access');
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
