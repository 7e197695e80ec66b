import { hash } from 'node:crypto';
import { compileCorrections } from './access-levels.ts';
import { type AgentPolicy, compileAgent, type Verdict } from './compile-agent.ts';
import { verdictFor } from './decide.ts';
import { verdictForUri } from './decide-uri.ts';
import { compileFlow, type Flow } from './flow.ts';
import {
  type Access,
  type CallFacts,
  type Decision,
  decisionOf,
  type OfferKind,
  type PolicyRules,
} from './rules-data.ts';

/** Rules compiled once per snapshot. */
export interface Policy {
  /** In the order of the file. */
  readonly agents: readonly string[];
  hasAgent(agent: string): boolean;
  /** True if the rules of an agent are recorded and not enforced. */
  isShadow(agent: string): boolean;
  /** Another text whenever the rules of an agent are others: what people answered under those counts no longer. */
  version(agent: string): string;
  /**
   * The decision of docs/rules.md, as it takes effect. Without `name`, about the server as such. Never throws: what is not known
   * is denied.
   * @param name of the tool or prompt, or the URI of the resource or skill.
   * @param kind what `name` names; a tool where it is left out.
   * @param facts what else is known of a call; left out for nothing.
   */
  decide(agent: string, server: string, name?: string, kind?: OfferKind, facts?: CallFacts): Decision;
  /** The decision of the rules, also where an agent in shadow mode may do otherwise. */
  judge(agent: string, server: string, name?: string, kind?: OfferKind, facts?: CallFacts): Decision;
  /** True if rules of an agent speak of the access of the tools of a server, so that a decision about one needs its definition. */
  readsAccess(agent: string, server: string): boolean;
  /** The access of a tool: as the owner says, else as its server does. */
  accessOf(server: string, tool: string, said: Access): Access;
  /** The rules over combinations; undefined where there are none. */
  readonly flow: Flow | undefined;
}

/** A policy that can also say what its decisions rest on. */
export interface ExplainablePolicy extends Policy {
  verdict(agent: string, server: string, name?: string, kind?: OfferKind, facts?: CallFacts): Verdict;
}

// Divergence D1: an agent that the rules do not have may use nothing.
const UNKNOWN_AGENT: Verdict = Object.freeze({
  decision: decisionOf('deny', 'unknown_agent'),
  about: 'agent',
});

const NO_FACTS: CallFacts = Object.freeze({});

/** Compiles validated rules; pure. Decisions on names alone are shared objects, frozen. */
export function compile(rules: PolicyRules): ExplainablePolicy {
  const agents = new Map<string, AgentPolicy>();
  for (const [name, agent] of Object.entries(rules.agents)) agents.set(name, compileAgent(name, agent));
  const corrections = compileCorrections(rules.access);
  const flow = compileFlow(rules);
  const accessOf: Policy['accessOf'] = (server, tool, said) => corrections(server, tool) ?? said;
  const verdict: ExplainablePolicy['verdict'] = (agentName, server, name, kind = 'tool', facts = NO_FACTS) => {
    const agent = agents.get(agentName);
    if (agent === undefined) return UNKNOWN_AGENT;
    const { access: said } = facts;
    const access = said === undefined ? undefined : (corrections(server, name ?? '') ?? said);
    const verdict = verdictFor(agent, server, name, kind, facts, access);
    const isUri = kind === 'resource' || kind === 'skill';
    const found =
      isUri && name !== undefined && verdict.decision.allowed
        ? verdictForUri(agent, server, name, kind, verdict)
        : verdict;
    return flow === undefined || !found.decision.allowed ? found : flow.held(found, server, name, kind, facts);
  };
  const judge: Policy['judge'] = (agent, server, name, kind, facts) =>
    verdict(agent, server, name, kind, facts).decision;
  const shadows = shadowAgents(rules);
  const letThrough = createShadow();
  return {
    agents: [...agents.keys()],
    hasAgent: (name) => agents.has(name),
    isShadow: (name) => shadows.has(name),
    version: (name) => {
      // One more standing answer is no reason to ask anew what waits for another one.
      const own = agents.has(name) ? { ...rules.agents[name], approved: undefined } : null;
      return hash('sha256', JSON.stringify([own, rules.access, rules.labels, rules.flow]));
    },
    readsAccess: (agent, server) => agents.get(agent)?.readsAccess(server) === true,
    accessOf,
    flow,
    decide: (agent, server, name, kind, facts) => {
      const decision = judge(agent, server, name, kind, facts);
      return decision.effect === 'allow' || !shadows.has(agent) ? decision : letThrough(decision);
    },
    judge,
    verdict,
  };
}

function shadowAgents({ agents }: PolicyRules): ReadonlySet<string> {
  return new Set(Object.entries(agents).flatMap(([name, { enforce }]) => (enforce === 'shadow' ? [name] : [])));
}

/** Turns what is denied or asked into what an agent in shadow mode gets; one object for each, made once. */
function createShadow(): (held: Decision) => Decision {
  const made = new WeakMap<Decision, Decision>();
  return (held) => {
    let decision = made.get(held);
    if (decision === undefined) {
      const shadowed = held.effect === 'ask' ? 'ASK' : 'DENY';
      decision = Object.freeze({ ...held, effect: 'allow', allowed: true, shadowed });
      made.set(held, decision);
    }
    return decision;
  };
}
