/** Decides if the evaluation of an expression is bounded, and by what: every step of it is linear in the arguments, but for its macros. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** The end of a sentence about an expression. */
export class ExpressionProblem extends Error {}

export interface BoundedExpression {
  /** The depth to which macros that go through lists stand in each other. */
  readonly depth: number;
  /** Names of members that it may look for, folded, and as they are written. */
  readonly names: ReadonlySet<string>;
  readonly regularExpressions: readonly string[];
}

/** The name under which `matches` is bound to an automaton. */
export const LINEAR_MATCHES = 'matchesLinearly';

const VARIABLES = ['args', 'agent', 'principal', 'server', 'tool', 'now'];
/** The types that `type()` gives. */
const TYPES = ['bool', 'double', 'int', 'list', 'map', 'null_type', 'string'];
const OPERATORS: ReadonlySet<string> = new Set([
  ...['value', 'id', '.', '[]', 'call', 'rcall', 'list', 'map', '?:', '||', '&&', '!_', '-_'],
  ...['!=', '==', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>='],
]);
const FUNCTIONS: ReadonlySet<string> = new Set([
  'has',
  'size',
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'type',
  'dyn',
  'timestamp',
  'duration',
]);
const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const METHODS: ReadonlySet<string> = new Set([
  ...['size', 'startsWith', 'endsWith', 'contains', 'matches', 'lowerAscii', 'upperAscii', 'trim'],
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
]);
/** Those whose argument must be written out: with one that a caller chooses they are not linear, or not checked when they are read. */
const WRITTEN_OUT = new Map([
  ['contains', 'looks for'],
  ['matches', 'matches'],
  ['duration', 'reads'],
]);

/** @throws ExpressionProblem */
export function boundsOf(ast: ASTNode): BoundedExpression {
  const walk = new Walk();
  const depth = walk.depthOf(ast, new Set([...VARIABLES, ...TYPES]));
  return { depth, names: walk.names, regularExpressions: walk.regularExpressions };
}

class Walk {
  readonly names = new Set<string>();
  readonly regularExpressions: string[] = [];

  depthOf(node: ASTNode, variables: ReadonlySet<string>): number {
    const { op, args } = node as { readonly op: string; readonly args: unknown };
    if (!OPERATORS.has(op)) throw new ExpressionProblem(`has "${op}", which is not bounded here`);
    if (op === 'value') {
      if (typeof args === 'string') this.names.add(args);
      return 0;
    }
    if (op === 'id') {
      if (!variables.has(String(args))) {
        throw new ExpressionProblem(`has ${JSON.stringify(String(args))}; there are ${VARIABLES.join(', ')}`);
      }
      return 0;
    }
    if (op === '.') {
      const [object, name] = args as [ASTNode, string];
      this.names.add(name);
      return this.depthOf(object, variables);
    }
    if (op === 'call') return this.#function(args as [string, ASTNode[]], variables);
    if (op === 'rcall') return this.#method(args as CallArgs, variables);
    return this.#deepest(nodesIn(args), variables);
  }

  #function([name, args]: [string, ASTNode[]], variables: ReadonlySet<string>): number {
    if (!FUNCTIONS.has(name)) throw new ExpressionProblem(`has the function ${name}(), which is not among those here`);
    requireWritten(name, args[0]);
    return this.#deepest(args, variables);
  }

  #method(call: CallArgs, variables: ReadonlySet<string>): number {
    const [name, receiver, args] = call;
    const depth = this.depthOf(receiver, variables);
    if (MACROS.has(name)) {
      const [variable, ...rest] = args;
      const inner = new Set([...variables, String((variable as { readonly args?: unknown } | undefined)?.args)]);
      return Math.max(depth, 1 + this.#deepest(rest, inner));
    }
    if (!METHODS.has(name)) throw new ExpressionProblem(`has .${name}(), which is not among those here`);
    if (name.startsWith('get')) requireZone(name, args[0]);
    else requireWritten(name, args[0]);
    if (name === 'matches') {
      this.regularExpressions.push(writtenText(args[0]) ?? '');
      call[0] = LINEAR_MATCHES;
      return depth;
    }
    return Math.max(depth, this.#deepest(args, variables));
  }

  #deepest(nodes: readonly ASTNode[], variables: ReadonlySet<string>): number {
    return Math.max(0, ...nodes.map((node) => this.depthOf(node, variables)));
  }
}

type CallArgs = [name: string, receiver: ASTNode, args: ASTNode[]];

function requireWritten(name: string, argument: ASTNode | undefined): void {
  const verb = WRITTEN_OUT.get(name);
  if (verb === undefined || writtenText(argument) !== undefined) return;
  throw new ExpressionProblem(
    `has ${name}() of something that is not written out: what it ${verb} must be a text in quotes`,
  );
}

function requireZone(name: string, argument: ASTNode | undefined): void {
  if (argument === undefined) return;
  const zone = writtenText(argument);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone ?? '' });
  } catch {
    throw new ExpressionProblem(`has .${name}() with what is no time zone; write one such as "Europe/Berlin"`);
  }
}

function writtenText(node: ASTNode | undefined): string | undefined {
  const { op, args } = (node ?? {}) as { readonly op?: string; readonly args?: unknown };
  return op === 'value' && typeof args === 'string' ? args : undefined;
}

/** The nodes below one, in lists of lists. */
function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}
