/** The conditions of a rule besides names: matchers of arguments, and an expression. */
import type { CallFacts } from '../rules-data.ts';
import { isClearWithin, lookUp, parsePointer } from './call-arguments.ts';
import type { ArgumentMatchers, Matcher } from './matcher-data.ts';
import { compileMatcher, type Test } from './matchers.ts';
import type { Truth } from './truth.ts';

/** The values that an expression may speak of. */
export interface ExpressionFacts {
  /** JSON, parsed. */
  readonly args: unknown;
  /** Characters of its text. */
  readonly size: number;
  readonly agent: string;
  readonly principal: string;
  readonly server: string;
  readonly tool: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An expression that was checked when the rules were read. */
export interface Expression {
  readonly source: string;
  holds(facts: ExpressionFacts): Truth;
}

/** True if a condition holds for a call, and what decided that. */
export interface Outcome {
  readonly truth: Truth;
  /** JSON Pointer of the argument; undefined where the expression decided. */
  readonly pointer?: string;
  /** The part of its matcher: `missing` where there is no such argument, `unclear` where there may be two. */
  readonly test?: keyof Matcher | 'missing' | 'unclear' | 'when';
}

export interface Condition {
  decide(facts: CallFacts, agent: string, server: string, tool: string): Outcome;
}

/** Compiles what is checked already. @returns undefined where nothing is said */
export function compileCondition(
  args: ArgumentMatchers | undefined,
  when: Expression | undefined,
): Condition | undefined {
  const parts = Object.entries(args ?? {}).map(([pointer, matcher]) => compilePart(pointer, matcher));
  if (parts.length === 0 && when === undefined) return undefined;
  return {
    decide(facts, agent, server, tool) {
      const { args: given } = facts;
      if (given === undefined || given === 'any') return DOUBT;
      const root = given.value;
      if (root === undefined) return DOUBT;
      let outcome: Outcome = { truth: true };
      for (const part of parts) {
        const one = part(root);
        if (one.truth === false) return one;
        // A doubt says more than what holds, and the first of either more than the others.
        if (outcome.pointer === undefined || (outcome.truth === true && one.truth === undefined)) outcome = one;
      }
      if (when === undefined) return outcome;
      const { principal = '', now = Number.NaN } = facts;
      const names = { agent: facts.agent ?? agent, principal, server, tool, now };
      const truth = when.holds({ args: root, size: given.text.length, ...names });
      if (truth === true) return outcome;
      return truth === false || outcome.truth === true ? { truth, test: 'when' } : outcome;
    },
  };
}

const DOUBT: Outcome = { truth: undefined };

function compilePart(pointer: string, matcher: Matcher): (root: unknown) => Outcome {
  const path = parsePointer(pointer) ?? [];
  const tests = compileMatcher(matcher);
  const { absent } = matcher;
  return (root) => {
    const found = lookUp(root, path);
    if (found === 'doubt') return { truth: undefined, pointer, test: 'unclear' };
    if (found === 'absent') {
      return absent === undefined
        ? { truth: undefined, pointer, test: 'missing' }
        : { truth: absent, pointer, test: 'absent' };
    }
    if (absent === true) return { truth: false, pointer, test: 'absent' };
    if (!isClearWithin(found.value)) return { truth: undefined, pointer, test: 'unclear' };
    return worst(tests, pointer, found.value);
  };
}

/** The first test that fails, else the first in doubt. */
function worst(tests: readonly Test[], pointer: string, value: unknown): Outcome {
  let outcome: Outcome = { truth: true, pointer };
  for (const { key, holds } of tests) {
    const truth = holds(value);
    if (truth === false) return { truth, pointer, test: key };
    if (truth === undefined && outcome.truth === true) outcome = { truth, pointer, test: key };
  }
  return outcome;
}
