/** Rules of the file, ready to be asked which of them decides about a name. */
import { END_OF_PART, makeAutomaton, type Step } from './automaton.ts';
import { isLiteralPattern } from './pattern.ts';
import { parsePattern } from './pattern-tokens.ts';
import type { Decision } from './rules-data.ts';

/** A rule as somebody wrote it, and the decision it leads to: made once, handed out again and again. */
export interface Rule {
  /** The pattern. */
  readonly source: string;
  /** The server pattern that it stands under, for rules about tools. */
  readonly key: string | undefined;
  readonly decision: Decision;
}

export interface RuleSet {
  /** True where there is no rule: then nobody need look. */
  readonly isEmpty: boolean;
  /** The deciding rule for a server, or for a tool of a server: a literal before a pattern, else the earlier one. */
  find(server: string, tool?: string): Rule | undefined;
}

/** Compiles rules that are all about servers or all about tools. */
export function makeRuleSet(rules: readonly Rule[]): RuleSet {
  const ranked = rules.toSorted((a, b) => rank(a) - rank(b));
  const automaton = makeAutomaton(ranked.map(stepsOf));
  if (ranked.length === 0) return EMPTY;
  return {
    isEmpty: false,
    find: (server, tool) => {
      const index = automaton.find(server, tool);
      return index === undefined ? undefined : ranked[index];
    },
  };
}

const EMPTY: RuleSet = { isEmpty: true, find: () => undefined };

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
