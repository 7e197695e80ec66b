/** The decision for one agent, step by step as docs/rules.md lists it. */
import { type Automaton, makeAutomaton } from './automaton.ts';
import { isLiteralPattern } from './pattern.ts';
import { parsePattern } from './pattern-tokens.ts';
import { makeRuleSet, type Rule, type RuleSet } from './rule-set.ts';
import type { AccessList, AgentRules, Decision, OfferKind, OfferMap } from './rules-data.ts';

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
  readonly offers: Readonly<Record<OfferKind, OfferPolicy>>;
}

/** The rules over one kind of offer, e.g. over tools. */
interface OfferPolicy {
  readonly denied: RuleSet;
  /** False where nothing is denied: then nobody need look. */
  readonly denies: boolean;
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

const DEFAULT_DENY: Decision = Object.freeze({ allowed: false, rule: 'default_deny' });
const NO_SERVER_RULE: Verdict = Object.freeze({ decision: DEFAULT_DENY, about: 'server' });
const IMPLICIT_GRANT: Decision = Object.freeze({ allowed: true, rule: 'implicit_grant' });

/** Compiles the rules of one agent. `name` appears in the paths of its rules. */
export function compileAgent(name: string, rules: AgentRules): AgentPolicy {
  const { allow, deny } = rules;
  const path = `agents${member(name)}`;
  return {
    servers: makeRuleSet([
      ...listRules(deny?.servers ?? [], `${path}.deny.servers`, false),
      ...listRules(allow?.servers ?? [], `${path}.allow.servers`, true),
    ]),
    offers: {
      tool: compileOffers('tool', path, rules),
      prompt: compileOffers('prompt', path, rules),
      resource: compileOffers('resource', path, rules),
    },
  };
}

function compileOffers(kind: OfferKind, path: string, { allow, deny }: AgentRules): OfferPolicy {
  const map = MAPS[kind];
  const denials = offerRules(deny?.[map] ?? {}, `${path}.deny.${map}`, false);
  return {
    denied: makeRuleSet(denials),
    denies: denials.length > 0,
    allowed: compileAllowed(allow?.[map] ?? {}, `${path}.allow.${map}`),
    refused: Object.freeze({ decision: DEFAULT_DENY, about: kind }),
    granted: Object.freeze({ decision: IMPLICIT_GRANT, about: kind }),
  };
}

function compileAllowed(tools: OfferMap, path: string): Allowed {
  const rules = offerRules(tools, path, true);
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

function offerRules(tools: OfferMap, path: string, allowed: boolean): Rule[] {
  return Object.entries(tools).flatMap(([key, sources]) => listRules(sources, `${path}${member(key)}`, allowed, key));
}

function listRules(sources: readonly string[], path: string, allowed: boolean, key?: string): Rule[] {
  return sources.map((source, index) => ({
    source,
    key,
    decision: Object.freeze({ allowed, rule: `${path}[${index}]` }),
  }));
}

function member(key: string): string {
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Decides about a server, or about something that it offers. */
export function decideFor(agent: AgentPolicy, server: string, name: string | undefined, kind: OfferKind): Verdict {
  const rule = agent.servers.find(server);
  if (rule === undefined) return NO_SERVER_RULE;
  if (name === undefined || !rule.decision.allowed) return { decision: rule.decision, about: 'server', rule };
  const offers = agent.offers[kind];
  const denying = offers.denied.find(server, name);
  if (denying !== undefined) return { decision: denying.decision, about: kind, rule: denying };
  return decideByAllows(offers, server, name, kind);
}

function decideByAllows(offers: OfferPolicy, server: string, name: string, kind: OfferKind): Verdict {
  const { allowed } = offers;
  const literalKey = allowed.literalKeys.has(server);
  if (!literalKey && allowed.patternKeys.find(server) === undefined) return offers.granted;
  const rule = (literalKey ? allowed.underLiteralKeys : allowed.underPatternKeys).find(server, name);
  return rule === undefined ? offers.refused : { decision: rule.decision, about: kind, rule };
}
