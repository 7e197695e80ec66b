/** The decision for one agent, step by step as docs/rules.md lists it. */
import { type Automaton, makeAutomaton } from './automaton.ts';
import { isLiteralPattern } from './pattern.ts';
import { parsePattern } from './pattern-tokens.ts';
import { makeRuleSet, type Rule, type RuleSet } from './rule-set.ts';
import {
  type AccessList,
  type AgentRules,
  type Decision,
  decisionOf,
  type Effect,
  type OfferKind,
  type OfferMap,
} from './rules-data.ts';

/** Which question was answered last, and by which rule; the rule is missing where none matched. */
export interface Verdict {
  readonly decision: Decision;
  readonly about: 'agent' | 'server' | OfferKind;
  readonly rule?: Rule;
}

/** The rules of one agent, compiled. */
export interface AgentPolicy {
  /** Denies and allows together, denies first. */
  readonly servers: RuleSet;
  /** The servers of which everything is asked about. */
  readonly askedServers: RuleSet;
  readonly offers: Readonly<Record<OfferKind, OfferPolicy>>;
}

/** The rules over one kind of offer, e.g. over tools. */
interface OfferPolicy {
  readonly denied: RuleSet;
  readonly asked: RuleSet;
  readonly allowed: Allowed;
  /** What a name gets that no rule allows. */
  readonly refused: Verdict;
  /** What a name gets where no rule speaks of its server. */
  readonly granted: Verdict;
}

/** `allow.tools`: the literal key of a server counts alone; the pattern keys only where there is none. */
interface Allowed {
  readonly literalKeys: ReadonlySet<string>;
  readonly underLiteralKeys: RuleSet;
  readonly patternKeys: Automaton;
  readonly underPatternKeys: RuleSet;
}

const MAPS = { tool: 'tools', prompt: 'prompts', resource: 'resources' } as const satisfies Record<
  OfferKind,
  keyof AccessList
>;

/** Keys that can stand in a path as they are; others are quoted, so that the path stays one line and readable. */
const PLAIN_KEY = /^[\w.*?@:/-]+$/;

const DEFAULT_DENY = decisionOf('deny', 'default_deny');
const NO_SERVER_RULE: Verdict = Object.freeze({ decision: DEFAULT_DENY, about: 'server' });
const IMPLICIT_GRANT = decisionOf('allow', 'implicit_grant');

/** Compiles the rules of one agent. `name` appears in the paths of its rules. */
export function compileAgent(name: string, rules: AgentRules): AgentPolicy {
  const { allow, ask, deny } = rules;
  const path = `agents${member(name)}`;
  return {
    servers: makeRuleSet([
      ...listRules(deny?.servers ?? [], `${path}.deny.servers`, 'deny'),
      ...listRules(allow?.servers ?? [], `${path}.allow.servers`, 'allow'),
    ]),
    askedServers: makeRuleSet(listRules(ask?.servers ?? [], `${path}.ask.servers`, 'ask')),
    offers: {
      tool: compileOffers('tool', path, rules),
      prompt: compileOffers('prompt', path, rules),
      resource: compileOffers('resource', path, rules),
    },
  };
}

function compileOffers(kind: OfferKind, path: string, { allow, ask, deny }: AgentRules): OfferPolicy {
  const map = MAPS[kind];
  return {
    denied: makeRuleSet(offerRules(deny?.[map] ?? {}, `${path}.deny.${map}`, 'deny')),
    asked: makeRuleSet(offerRules(ask?.[map] ?? {}, `${path}.ask.${map}`, 'ask')),
    allowed: compileAllowed(allow?.[map] ?? {}, `${path}.allow.${map}`),
    refused: Object.freeze({ decision: DEFAULT_DENY, about: kind }),
    granted: Object.freeze({ decision: IMPLICIT_GRANT, about: kind }),
  };
}

function compileAllowed(tools: OfferMap, path: string): Allowed {
  const rules = offerRules(tools, path, 'allow');
  const underLiteral = (rule: Rule): boolean => rule.key !== undefined && isLiteralPattern(rule.key);
  const keys = Object.keys(tools);
  const patternKeys = keys.filter((key) => !isLiteralPattern(key));
  return {
    literalKeys: new Set(keys.filter(isLiteralPattern)),
    underLiteralKeys: makeRuleSet(rules.filter(underLiteral)),
    patternKeys: makeAutomaton(patternKeys.map((key) => parsePattern(key).tokens)),
    underPatternKeys: makeRuleSet(rules.filter((rule) => !underLiteral(rule))),
  };
}

function offerRules(tools: OfferMap, path: string, effect: Effect): Rule[] {
  return Object.entries(tools).flatMap(([key, sources]) => listRules(sources, `${path}${member(key)}`, effect, key));
}

function listRules(sources: readonly string[], path: string, effect: Effect, key?: string): Rule[] {
  return sources.map((source, index) => ({ source, key, decision: decisionOf(effect, `${path}[${index}]`) }));
}

function member(key: string): string {
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Decides about a server, or about something that it offers. */
export function decideFor(agent: AgentPolicy, server: string, name: string | undefined, kind: OfferKind): Verdict {
  const rule = agent.servers.find(server);
  if (rule === undefined) return NO_SERVER_RULE;
  if (!rule.decision.allowed) return { decision: rule.decision, about: 'server', rule };
  if (name === undefined) return askAboutServer(agent, server) ?? { decision: rule.decision, about: 'server', rule };
  const offers = agent.offers[kind];
  const denying = offers.denied.find(server, name);
  if (denying !== undefined) return { decision: denying.decision, about: kind, rule: denying };
  const granted = decideByAllows(offers, server, name, kind);
  if (!granted.decision.allowed) return granted;
  const asking = offers.asked.find(server, name);
  if (asking !== undefined) return { decision: asking.decision, about: kind, rule: asking };
  return askAboutServer(agent, server) ?? granted;
}

function askAboutServer({ askedServers }: AgentPolicy, server: string): Verdict | undefined {
  const rule = askedServers.find(server);
  return rule && { decision: rule.decision, about: 'server', rule };
}

function decideByAllows(offers: OfferPolicy, server: string, name: string, kind: OfferKind): Verdict {
  const { allowed } = offers;
  const literalKey = allowed.literalKeys.has(server);
  if (!literalKey && allowed.patternKeys.find(server) === undefined) return offers.granted;
  const rule = (literalKey ? allowed.underLiteralKeys : allowed.underPatternKeys).find(server, name);
  return rule === undefined ? offers.refused : { decision: rule.decision, about: kind, rule };
}
