/** `select`: a JMESPath expression over a result, within bounds that an expression cannot get around. */
import { GatewayError } from '../../shared/errors.ts';

const MAX_LENGTH = 512;
/** Characters that a selection may come to at most: an expression can repeat its input again and again. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** JSON text -> JSON text of what the expression selects. @throws GatewayError INVALID_ARGUMENTS */
export type Selector = (json: string) => string;

/** A node of an expression as the parser gives it. */
interface Node {
  readonly type?: string;
  readonly children?: readonly unknown[];
}

/** What the types of the library leave out. */
interface Parser {
  compile(expression: string): Node;
}

/**
 * Compiles an expression.
 * @throws GatewayError INVALID_ARGUMENTS where it is not JMESPath
 */
export async function compileSelector(tool: string, expression: string): Promise<Selector> {
  const refuse = (message: string): never => {
    throw new GatewayError('INVALID_ARGUMENTS', `${tool}: select ${message}`);
  };
  if (expression.length > MAX_LENGTH) refuse(`is longer than ${MAX_LENGTH} characters: make it shorter.`);
  // Not loaded before somebody selects.
  const { default: jmespath } = await import('jmespath');
  let repeats = 1;
  try {
    repeats = repetitions((jmespath as unknown as Parser).compile(expression));
  } catch {
    refuse('is not a JMESPath expression. Example: items[*].{id: id, name: name}');
  }
  return (json) => {
    if (json.length * repeats > MAX_OUTPUT) refuse('could repeat this result too often: select less at once.');
    let selected: unknown;
    try {
      selected = jmespath.search(JSON.parse(json), expression);
    } catch {
      refuse('does not fit this result: a function got a value of the wrong type.');
    }
    return JSON.stringify(selected ?? null);
  };
}

/** How often the input can stand in the output at most: lists and hashes of several selections, one inside the other. */
function repetitions(node: Node): number {
  let product = node.type === 'MultiSelectList' || node.type === 'MultiSelectHash' ? (node.children?.length ?? 1) : 1;
  for (const child of Object.values(node).flat()) {
    if (typeof child === 'object' && child !== null) product *= repetitions(child as Node);
  }
  return Math.min(product, Number.MAX_SAFE_INTEGER);
}
