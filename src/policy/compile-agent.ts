/** The rules of one agent, compiled. */
import { compileCondition } from './arguments/condition.ts';
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
  type ToolMap,
  type ToolRule,
} from './rules-data.ts';
import { compileAnswers, type StandingAnswers } from './standing-answers.ts';

/** The subjects of rules besides servers: what servers offer, and what tools do to the world. */
export type Subject = OfferKind | 'access';

/** A decision, the rule that made it, and what that rule is about. */
export interface Verdict {
  readonly decision: Decision;
  readonly about: 'agent' | 'server' | 'approved' | 'flow' | Subject;
  readonly rule?: Rule;
  /** A rule that would have allowed it, but for its condition. */
  readonly missed?: Rule | undefined;
}

/** The rules of one agent, compiled. */
export interface AgentPolicy {
  readonly name: string;
  /** Denies and allows together, denies first. */
  readonly servers: RuleSet;
  /** The servers of which everything is asked about. */
  readonly askedServers: RuleSet;
  readonly approved: StandingAnswers;
  /** Rules over access are rules over the names of its levels. */
  readonly offers: Readonly<Record<Subject, OfferPolicy>>;
  /** True if a rule speaks of the access of tools of a server. */
  readsAccess(server: string): boolean;
}

/** The rules over one kind of offer, e.g. over tools. */
export interface OfferPolicy {
  readonly denied: RuleSet;
  readonly asked: RuleSet;
  readonly allowed: Allowed;
  /** True if a rule speaks of more than names. */
  readonly isConditional: boolean;
  /** The decision about a name that no rule allows. */
  readonly refused: Verdict;
  /** The decision about a name where no rule speaks of its server. */
  readonly granted: Verdict;
}

/** `allow.tools`: the literal key of a server counts alone; the pattern keys only where there is none. */
interface Allowed {
  readonly literalKeys: ReadonlySet<string>;
  readonly underLiteralKeys: RuleSet;
  readonly patternKeys: Automaton;
  readonly underPatternKeys: RuleSet;
}

const MAPS = {
  tool: 'tools',
  prompt: 'prompts',
  resource: 'resources',
  skill: 'skills',
  access: 'access',
} as const satisfies Record<Subject, keyof AccessList>;

/** Keys that can stand in a path as they are; others are quoted, so that the path stays one line and readable. */
const PLAIN_KEY = /^[\w.*?@:/-]+$/;

export const DEFAULT_DENY = decisionOf('deny', 'default_deny');
const IMPLICIT_GRANT = decisionOf('allow', 'implicit_grant');

/** Compiles the rules of one agent. `name` appears in the paths of its rules. */
export function compileAgent(name: string, rules: AgentRules): AgentPolicy {
  const { allow, ask, approved, deny } = rules;
  const path = `agents${member(name)}`;
  const keys = [allow, ask, deny].flatMap((list) => Object.keys(list?.access ?? {}));
  const speakingOfAccess = makeAutomaton(keys.map((key) => parsePattern(key).tokens));
  return {
    name,
    servers: makeRuleSet([
      ...listRules(deny?.servers ?? [], `${path}.deny.servers`, 'deny'),
      ...listRules(allow?.servers ?? [], `${path}.allow.servers`, 'allow'),
    ]),
    askedServers: makeRuleSet(listRules(ask?.servers ?? [], `${path}.ask.servers`, 'ask')),
    approved: compileAnswers(approved, (server) => `${path}.approved${member(server)}`),
    offers: {
      tool: compileOffers('tool', path, rules),
      prompt: compileOffers('prompt', path, rules),
      resource: compileOffers('resource', path, rules),
      skill: compileOffers('skill', path, rules),
      access: compileOffers('access', path, rules),
    },
    readsAccess: keys.length === 0 ? () => false : (server) => speakingOfAccess.find(server) !== undefined,
  };
}

function compileOffers(kind: Subject, path: string, { allow, ask, deny }: AgentRules): OfferPolicy {
  const map = MAPS[kind];
  const entries = [allow, ask, deny].flatMap((list) => Object.values(list?.[map] ?? {}).flat());
  return {
    isConditional: entries.some((entry) => typeof entry !== 'string'),
    denied: makeRuleSet(offerRules(deny?.[map] ?? {}, `${path}.deny.${map}`, 'deny')),
    asked: makeRuleSet(offerRules(ask?.[map] ?? {}, `${path}.ask.${map}`, 'ask')),
    allowed: compileAllowed(allow?.[map] ?? {}, `${path}.allow.${map}`),
    refused: Object.freeze({ decision: DEFAULT_DENY, about: kind }),
    granted: Object.freeze({ decision: IMPLICIT_GRANT, about: kind }),
  };
}

function compileAllowed(tools: ToolMap, path: string): Allowed {
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

function offerRules(tools: ToolMap, path: string, effect: Effect): Rule[] {
  return Object.entries(tools).flatMap(([key, entries]) => listRules(entries, `${path}${member(key)}`, effect, key));
}

function listRules(entries: readonly (string | ToolRule)[], path: string, effect: Effect, key?: string): Rule[] {
  return entries.map((entry, index) => {
    const decision = decisionOf(effect, `${path}[${index}]`);
    if (typeof entry === 'string') return { source: entry, key, decision };
    const condition = compileCondition(entry.args, entry.when);
    return { source: entry.tool, key, decision, written: entry, condition };
  });
}

function member(key: string): string {
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
