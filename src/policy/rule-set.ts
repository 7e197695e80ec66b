/** Rules of the file, ready to be asked which of them decides about a name. */
import type { Condition, Outcome } from './arguments/condition.ts';
import { END_OF_PART, makeAutomaton, type Step } from './automaton.ts';
import { isLiteralPattern } from './pattern.ts';
import { parsePattern } from './pattern-tokens.ts';
import type { CallFacts, Decision, ToolRule } from './rules-data.ts';

/** A rule as somebody wrote it, and the decision it leads to: made once, handed out again and again. */
export interface Rule {
  /** The pattern. */
  readonly source: string;
  /** The server pattern that it stands under, for rules about tools. */
  readonly key: string | undefined;
  readonly decision: Decision;
  /** The conditions of the rule about the arguments of a call, as they stand in the file, and compiled. */
  readonly written?: ToolRule;
  readonly condition?: Condition | undefined;
  /** The part of it that decided about this call. */
  readonly outcome?: Outcome;
}

/** A call that rules with conditions are asked about. */
export interface PolicyQuestion {
  readonly facts: CallFacts;
  readonly agent: string;
  /** The first allow that speaks of the name and does not match, because of its condition. */
  missed?: Rule;
}

export interface RuleSet {
  /** True where there is no rule: then nobody need look. */
  readonly isEmpty: boolean;
  /**
   * The deciding rule for a server, or for a tool of a server: a literal before a pattern, else the earlier one. Where it has a condition,
   * it comes with what decided.
   */
  find(server: string, tool?: string, question?: PolicyQuestion): Rule | undefined;
}

/** Compiles rules that are all about servers or all about tools. */
export function makeRuleSet(rules: readonly Rule[]): RuleSet {
  if (rules.length === 0) return EMPTY;
  const ranked = rules.toSorted((a, b) => rank(a) - rank(b));
  const automaton = makeAutomaton(ranked.map(stepsOf));
  if (ranked.every(({ condition }) => condition === undefined)) {
    return {
      isEmpty: false,
      find: (server, tool) => {
        const index = automaton.find(server, tool);
        return index === undefined ? undefined : ranked[index];
      },
    };
  }
  return {
    isEmpty: false,
    find(server, tool, question) {
      for (const index of automaton.findAll(server, tool)) {
        const rule = ranked[index];
        const found = rule && ifMatching(rule, server, tool ?? '', question);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

const EMPTY: RuleSet = { isEmpty: true, find: () => undefined };

/** The rule where its condition holds or there is none. In an allow, doubt does not match; in a deny or an ask, it does. */
function ifMatching(rule: Rule, server: string, tool: string, question: PolicyQuestion | undefined): Rule | undefined {
  const { condition, decision } = rule;
  if (condition === undefined) return rule;
  const isAllow = decision.effect === 'allow';
  // With some arguments an allow matches, and a deny does not.
  if (question?.facts.args === 'any') return isAllow ? rule : undefined;
  const outcome = question === undefined ? DOUBT : condition.decide(question.facts, question.agent, server, tool);
  const { truth, pointer } = outcome;
  const made: Rule =
    pointer === undefined ? { ...rule, outcome } : { ...rule, outcome, decision: { ...decision, pointer } };
  if (truth ?? !isAllow) return made;
  if (isAllow && question !== undefined) question.missed ??= made;
  return undefined;
}

const DOUBT: Outcome = { truth: undefined };

/** Denies before allows; then a literal before a pattern; then what stands under a literal key. */
function rank(rule: Rule): number {
  const allow = rule.decision.allowed ? 4 : 0;
  const pattern = isLiteralPattern(rule.source) ? 0 : 2;
  const patternKey = rule.key === undefined || isLiteralPattern(rule.key) ? 0 : 1;
  return allow + pattern + patternKey;
}

function stepsOf(rule: Rule): readonly Step[] {
  const { tokens } = parsePattern(rule.source);
  return rule.key === undefined ? tokens : [...parsePattern(rule.key).tokens, END_OF_PART, ...tokens];
}
