/** Labels of what calls touch, and the rules over their combination (docs/flow.md). */
import type { Verdict } from './compile-agent.ts';
import { compilePattern, isLiteralPattern, type NameMatcher } from './pattern.ts';
import {
  type CallFacts,
  type Decision,
  decisionOf,
  type FlowRule,
  type OfferKind,
  type PolicyRules,
} from './rules-data.ts';
import { otherFormsOf } from './uri-forms.ts';

/** Seconds for which a caller without a session carries a label, where the rule does not say. */
const USUAL_WINDOW_S = 8 * 3600;

/** The rules over combinations, compiled. */
export interface Flow {
  /**
   * The labels that the owner gives: what stands under the very name of a server, or a tool, before patterns; of several patterns all together.
   * @param name of the tool or prompt, or URI of the resource; undefined for the server as such, which has all labels of its entries.
   * @returns undefined where the owner says nothing: then what the server says of itself counts.
   */
  labelsOf(server: string, name: string | undefined, kind: OfferKind): readonly string[] | undefined;
  /** The stricter of a verdict that allows or asks, and what the caller carries. */
  held(verdict: Verdict, server: string, name: string | undefined, kind: OfferKind, facts: CallFacts): Verdict;
  /** The rules, for whoever explains them. */
  readonly rules: readonly CompiledFlowRule[];
}

export interface CompiledFlowRule {
  readonly after: readonly string[];
  readonly call: string;
  readonly windowMs: number;
  readonly decision: Decision;
}

/** @returns undefined where no rule speaks of combinations */
export function compileFlow({ labels, flow }: Pick<PolicyRules, 'labels' | 'flow'>): Flow | undefined {
  if (flow === undefined || flow.length === 0) return undefined;
  const labelsOf = compileLabels(labels ?? {});
  const rules = flow.map(compileRule);
  const denying = rules.filter(({ decision }) => decision.effect === 'deny');
  const inOrder = [...denying, ...rules.filter((rule) => !denying.includes(rule))];
  return {
    rules,
    labelsOf,
    held(verdict, server, name, kind, { labels: said, carries }) {
      if (carries === undefined) return verdict;
      const called = labelsOf(server, name, kind) ?? said;
      if (called === undefined || called.length === 0) return verdict;
      const rule = inOrder.find(
        ({ after, call, windowMs }) => called.includes(call) && after.every((label) => carries(label, windowMs)),
      );
      return rule === undefined ? verdict : { decision: rule.decision, about: 'flow' };
    },
  };
}

function compileRule(
  { after, call, then, window_s: windowS = USUAL_WINDOW_S }: FlowRule,
  index: number,
): CompiledFlowRule {
  const decision = Object.freeze({ ...decisionOf(then, `flow[${index}]`), after });
  return { after, call, windowMs: windowS * 1000, decision };
}

interface ServerLabels {
  readonly matches: NameMatcher;
  readonly isNamed: boolean;
  readonly named: ReadonlyMap<string, readonly string[]>;
  readonly patterns: readonly { readonly matches: NameMatcher; readonly labels: readonly string[] }[];
  readonly all: readonly string[];
}

function compileLabels(labels: NonNullable<PolicyRules['labels']>): Flow['labelsOf'] {
  const servers = Object.entries(labels).map(([key, tools]): ServerLabels => {
    const entries = Object.entries(tools);
    return {
      matches: compilePattern(key),
      isNamed: isLiteralPattern(key),
      named: new Map(entries.filter(([name]) => isLiteralPattern(name))),
      patterns: entries
        .filter(([name]) => !isLiteralPattern(name))
        .map(([name, own]) => ({ matches: compilePattern(name), labels: own })),
      all: together(entries.map(([, own]) => own)),
    };
  });
  return (server, name, kind) => {
    const matching = servers.filter(({ matches }) => matches(server));
    const named = matching.filter(({ isNamed }) => isNamed);
    const own = named.length > 0 ? named : matching;
    if (own.length === 0) return undefined;
    const all = (): readonly string[] => together(own.map((one) => one.all));
    if (name === undefined) return all();
    if (kind === 'tool') return given(own, name);
    // Names of tools say little of prompts and resources, which are of the same data.
    if (kind === 'prompt') return given(own, name) ?? all();
    return together([name, ...otherFormsOf(name)].map((uri) => given(own, uri) ?? all()));
  };
}

/** The labels under a name itself, otherwise those under all patterns that match it; undefined where there is neither. */
function given(servers: readonly ServerLabels[], name: string): readonly string[] | undefined {
  const byName = servers.flatMap(({ named }) => optional(named.get(name)));
  if (byName.length > 0) return together(byName);
  const byPattern = servers.flatMap(({ patterns }) =>
    patterns.flatMap(({ matches, labels }) => (matches(name) ? [labels] : [])),
  );
  return byPattern.length > 0 ? together(byPattern) : undefined;
}

function optional<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function together(lists: readonly (readonly string[])[]): readonly string[] {
  const [only] = lists;
  return lists.length === 1 && only !== undefined ? only : [...new Set(lists.flat())];
}
