import { type AgentPolicy, compileAgent, decideFor, type Verdict } from './agent.ts';
import type { Decision, OfferKind, PolicyRules } from './rules.ts';
import { otherFormsOf } from './uri-forms.ts';

/** Rules compiled once per snapshot. */
export interface Policy {
  /** In the order of the file. */
  readonly agents: readonly string[];
  hasAgent(agent: string): boolean;
  /**
   * The decision of docs/rules.md. Without `name`, about the server as such. Never throws: what is not known is denied.
   * @param name of the tool or prompt, or the URI of the resource.
   * @param kind what `name` names; a tool where it is left out.
   */
  decide(agent: string, server: string, name?: string, kind?: OfferKind): Decision;
}

/** A policy that can also say what its decisions rest on. */
export interface ExplainablePolicy extends Policy {
  verdict(agent: string, server: string, name?: string, kind?: OfferKind): Verdict;
}

// Divergence D1: an agent that the rules do not have may use nothing.
const UNKNOWN_AGENT: Verdict = Object.freeze({
  decision: Object.freeze({ allowed: false, rule: 'unknown_agent' }),
  about: 'agent',
});

/** Compiles validated rules; pure. Decisions are shared objects, frozen. */
export function compile(rules: PolicyRules): ExplainablePolicy {
  const agents = new Map<string, AgentPolicy>();
  for (const [name, agent] of Object.entries(rules.agents)) agents.set(name, compileAgent(name, agent));
  const verdict = (agentName: string, server: string, name?: string, kind: OfferKind = 'tool'): Verdict => {
    const agent = agents.get(agentName);
    if (agent === undefined) return UNKNOWN_AGENT;
    const verdict = decideFor(agent, server, name, kind);
    if (kind !== 'resource' || name === undefined || !verdict.decision.allowed) return verdict;
    return denialOfOtherForm(agent, server, name) ?? verdict;
  };
  return {
    agents: [...agents.keys()],
    hasAgent: (name) => agents.has(name),
    decide: (agent, server, name, kind) => verdict(agent, server, name, kind).decision,
    verdict,
  };
}

/** A server may take another spelling for the same resource: what is denied under one of them is denied. */
function denialOfOtherForm({ offers: { resource } }: AgentPolicy, server: string, uri: string): Verdict | undefined {
  if (!resource.denies) return undefined;
  for (const form of otherFormsOf(uri)) {
    const rule = resource.denied.find(server, form);
    if (rule !== undefined) return { decision: rule.decision, about: 'resource', rule };
  }
  return undefined;
}
