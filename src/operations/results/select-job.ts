/** One selection: JSON text and an expression in, JSON text out, within what the evaluation may use up. */
import { evaluate } from './jmespath/evaluate.ts';
import { parseExpression } from './jmespath/expression.ts';
import { Fuel, OutOfFuel } from './jmespath/fuel.ts';
import { textOf } from './jmespath/values.ts';

export interface Selection {
  /** JSON text. */
  readonly json: string;
  readonly expression: string;
  /** Steps that it may take. */
  readonly steps: number;
}

/** `refused` says why not. */
export type Selected = { readonly text: string } | { readonly refused: 'too much' | 'not JSON' | 'misfit' };

/** Characters of what is selected: whoever selects wants to read less. */
const MAX_SELECTED = 4 * 1024 * 1024;
/** Bytes of the heap that a parsed text may come to. */
const MAX_PARSED = 192 * 1024 * 1024;

export function select({ json, expression, steps }: Selection): Selected {
  if (parsedSize(json) > MAX_PARSED) return { refused: 'too much' };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { refused: 'not JSON' };
  }
  const fuel = new Fuel(steps);
  try {
    const text = textOf(evaluate(parseExpression(expression), value, fuel), fuel);
    return text.length > MAX_SELECTED ? { refused: 'too much' } : { text };
  } catch (error) {
    // A text inside of a result may nest as deep as it likes, which overflows the stack.
    return { refused: error instanceof OutOfFuel || error instanceof RangeError ? 'too much' : 'misfit' };
  }
}

/** Bytes of the heap, at most, that a JSON text takes when it is parsed. */
function parsedSize(json: string): number {
  let bytes = 2 * json.length;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      // Strings are in the length already.
      for (at++; at < json.length && json.charCodeAt(at) !== 0x22; at++) if (json.charCodeAt(at) === 0x5c) at++;
    } else if (code === 0x7b || code === 0x5b) bytes += 64;
    else if (code === 0x2c || code === 0x3a) bytes += 16;
  }
  return bytes;
}
