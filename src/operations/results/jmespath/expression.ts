/** Expressions as the parser of the library gives them. */
import jmespath from 'jmespath';

export interface Node {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  /** Nodes, except for the three numbers of a slice. */
  readonly children?: readonly unknown[];
}

/** The parts that the types of the library leave out. */
interface Parser {
  compile(expression: string): Node;
}

/** @throws Error where it is no expression. */
export function parseExpression(expression: string): Node {
  return (jmespath as unknown as Parser).compile(expression);
}
