/** Patterns on their own (docs/rules.md); their syntax is described in pattern-tokens.ts. */
import { makeAutomaton } from './automaton.ts';
import { parsePattern } from './pattern-tokens.ts';

/** Longest pattern, in characters. */
const MAX_PATTERN_LENGTH = 256;

/** True if a whole name matches a pattern: case-sensitive, by code point, in time linear in the length of the name. */
export type NameMatcher = (name: string) => boolean;

/** Reads a pattern for matching. Longer ones than `MAX_PATTERN_LENGTH` work too; refusing them is validation's business. */
export function compilePattern(source: string): NameMatcher {
  if (isLiteralPattern(source)) return (name) => name === source;
  const automaton = makeAutomaton([parsePattern(source).tokens]);
  return (name) => automaton.find(name) !== undefined;
}

/** True if a pattern has neither `*`, `?` nor a class, and so matches its own text only. */
export function isLiteralPattern(source: string): boolean {
  return parsePattern(source).tokens.every((token) => typeof token === 'number');
}

/** The mistake in a pattern, as the end of a sentence about it; undefined where there is none. */
export function patternProblem(source: string): string | undefined {
  if (source === '') return 'is empty and matches no name';
  const length = Array.from(source).length;
  return length > MAX_PATTERN_LENGTH ? `has ${length} characters; ${MAX_PATTERN_LENGTH} is the limit` : undefined;
}

/** The pattern that matches this name and no other. */
export function escapePattern(name: string): string {
  return name.replace(/[*?[]/g, '[$&]');
}
