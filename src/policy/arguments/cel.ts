/**
 * Expressions of rules: the part of CEL whose evaluation is bounded. Checked when the rules are read; `matches` has no backtracking. Loaded
 * only where rules have one.
 */
import { Environment, ParseError, TypeError as TypeProblem } from '@marcbachmann/cel-js';
import { type BoundedExpression, boundsOf, ExpressionProblem, LINEAR_MATCHES } from './cel-bounds.ts';
import { celValue } from './cel-value.ts';
import type { Expression, ExpressionFacts } from './condition.ts';
import { compileRegExp, type RegExpMatcher } from './linear-regexp.ts';
import { RegExpProblem } from './regexp-syntax.ts';
import type { Truth } from './truth.ts';

/** Characters of an expression. */
const MAX_SOURCE = 4096;
/** The cost that one evaluation may have: characters of the arguments, times the elements that each macro goes through. */
const MAX_COST = 1 << 20;

type CompiledExpression =
  | { readonly ok: true; readonly expression: Expression }
  /** The end of a sentence about the expression. */
  | { readonly ok: false; readonly problem: string };

const matchers = new Map<string, RegExpMatcher>();

const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50, maxCallArguments: 8 } })
  .registerVariable('args', 'map')
  .registerVariable('agent', 'string')
  .registerVariable('principal', 'string')
  .registerVariable('server', 'string')
  .registerVariable('tool', 'string')
  .registerVariable('now', 'google.protobuf.Timestamp')
  .registerFunction(
    `string.${LINEAR_MATCHES}(string): bool`,
    (text: string, source: string): boolean => matchers.get(source)?.(text) ?? false,
    { async: false },
  );

/** Reads and checks an expression. Never throws. */
export function compileExpression(source: string): CompiledExpression {
  if (source.length > MAX_SOURCE)
    return { ok: false, problem: `has ${source.length} characters; ${MAX_SOURCE} is the limit` };
  try {
    const evaluate = environment.parse(source);
    const bounds = boundsOf(evaluate.ast);
    for (const expression of bounds.regularExpressions) matchers.set(expression, compileRegExp(expression));
    const { valid, type = '', error } = evaluate.check();
    if (!valid) return { ok: false, problem: `is no valid CEL: ${summaryOf(error)}` };
    if (type !== 'bool' && type !== 'dyn') return { ok: false, problem: `is a ${type}, and must be true or false` };
    return { ok: true, expression: new CelExpression(source, bounds, (context) => evaluate(context)) };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ExpressionProblem) return error.message;
  if (error instanceof RegExpProblem) return `has a regular expression that ${error.message}`;
  return `is no valid CEL: ${summaryOf(error)}`;
}

function summaryOf(error: unknown): string {
  return error instanceof ParseError || error instanceof TypeProblem ? error.summary : 'it cannot be read';
}

class CelExpression implements Expression {
  readonly source: string;
  readonly #bounds: BoundedExpression;
  readonly #evaluate: (context: Record<string, unknown>) => unknown;

  constructor(source: string, bounds: BoundedExpression, evaluate: (context: Record<string, unknown>) => unknown) {
    this.source = source;
    this.#bounds = bounds;
    this.#evaluate = evaluate;
  }

  holds({ args, size, now, agent, principal, server, tool }: ExpressionFacts): Truth {
    const { depth, names } = this.#bounds;
    const read = celValue(args, names);
    if (read === undefined || size * Math.max(1, read.elements) ** depth > MAX_COST) return undefined;
    try {
      const value = this.#evaluate({ args: read.value, agent, principal, server, tool, now: new Date(now) });
      return typeof value === 'boolean' ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** As it stands in the file. */
  toJSON(): string {
    return this.source;
  }
}
