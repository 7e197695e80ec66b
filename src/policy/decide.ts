/** The decision for one agent (docs/rules.md, The decision): first its server, then what the server offers. */
import { type AgentPolicy, DEFAULT_DENY, type OfferPolicy, type Subject, type Verdict } from './compile-agent.ts';
import type { PolicyQuestion, Rule } from './rule-set.ts';
import type { Access, CallFacts, OfferKind } from './rules-data.ts';

const NO_SERVER_RULE: Verdict = Object.freeze({ decision: DEFAULT_DENY, about: 'server' });

/**
 * Decides about a server, or about something that it offers.
 * @param access of the tool, as rules over access have it; undefined where nobody knows
 */
export function verdictFor(
  agent: AgentPolicy,
  server: string,
  name: string | undefined,
  kind: OfferKind,
  facts: CallFacts,
  access: Access | 'any' | undefined,
): Verdict {
  // The server: `servers` has its rules in the order in which they count, denies first.
  const rule = agent.servers.find(server);
  if (rule === undefined) return NO_SERVER_RULE;
  if (!rule.decision.allowed) return verdictOf(rule, 'server');
  if (name === undefined) return askAboutServer(agent, server) ?? verdictOf(rule, 'server');
  const offers = agent.offers[kind];
  const question: PolicyQuestion | undefined = offers.isConditional ? { facts, agent: agent.name } : undefined;
  // Steps 1 and 2: denied by its name, or by a pattern.
  const denying = offers.denied.find(server, name, question);
  if (denying !== undefined) return verdictOf(denying, kind);
  // Steps 3 to 6: allowed by its name, by a pattern, or with its server; otherwise denied.
  const granted = decideByAllows(offers, server, name, question, kind);
  if (!granted.decision.allowed) return granted;
  // What the tool does to the world may deny it all the same, or have a person asked.
  const byAccess = kind === 'tool' && agent.readsAccess(server) ? decideByAccess(agent, server, access) : undefined;
  if (byAccess?.decision.effect === 'deny') return byAccess;
  // A person is asked where a rule says so, unless that was approved once and for all.
  const asking = offers.asked.find(server, name, question);
  const byName = asking && verdictOf(asking, kind);
  const asked = byName ?? (byAccess?.decision.effect === 'ask' ? byAccess : askAboutServer(agent, server));
  if (asked === undefined) return granted.rule === undefined ? (byAccess ?? granted) : granted;
  const approved = kind === 'tool' ? agent.approved.find(server, name, facts) : undefined;
  return approved === undefined ? asked : { decision: approved, about: 'approved' };
}

function verdictOf(rule: Rule, about: Verdict['about']): Verdict {
  return { decision: rule.decision, about, rule };
}

function askAboutServer({ askedServers }: AgentPolicy, server: string): Verdict | undefined {
  const rule = askedServers.find(server);
  return rule && verdictOf(rule, 'server');
}

function decideByAllows(
  offers: OfferPolicy,
  server: string,
  name: string,
  question: PolicyQuestion | undefined,
  about: Subject,
): Verdict {
  const { allowed } = offers;
  const literalKey = allowed.literalKeys.has(server);
  if (!literalKey && allowed.patternKeys.find(server) === undefined) return offers.granted;
  const rule = (literalKey ? allowed.underLiteralKeys : allowed.underPatternKeys).find(server, name, question);
  if (rule !== undefined) return verdictOf(rule, about);
  const missed = question?.missed;
  if (missed === undefined) return offers.refused;
  const { pointer } = missed.decision;
  return { decision: pointer === undefined ? DEFAULT_DENY : { ...DEFAULT_DENY, pointer }, about, missed };
}

/** The decision of the rules over access about a tool, which its name is allowed for; undefined for nothing. */
function decideByAccess(agent: AgentPolicy, server: string, access: Access | 'any' | undefined): Verdict | undefined {
  if (access === 'any') return undefined;
  const offers = agent.offers.access;
  if (access === undefined) return offers.refused;
  const denying = offers.denied.find(server, access);
  if (denying !== undefined) return verdictOf(denying, 'access');
  const granted = decideByAllows(offers, server, access, undefined, 'access');
  if (!granted.decision.allowed) return granted;
  const asking = offers.asked.find(server, access);
  if (asking !== undefined) return verdictOf(asking, 'access');
  return granted.rule === undefined ? undefined : granted;
}
