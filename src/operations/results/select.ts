/** `select`: a JMESPath expression over a result, within bounds that an expression cannot get around. */
import { GatewayError } from '../../shared/errors.ts';
import { JobLost, jobThreads } from '../../shared/job-threads.ts';
import type { Selected } from './select-job.ts';

const MAX_LENGTH = 512;
/** Characters of a result, and steps, that the main thread takes upon itself: a few milliseconds. */
const SMALL = 32 * 1024;
const SMALL_STEPS = 15_000;
/** Steps of a selection that has a thread: bounds its memory too. */
const STEPS = 20_000_000;
const LIMIT_MS = 2000;

/** JSON text -> JSON text of what the expression selects. @throws GatewayError INVALID_ARGUMENTS, RATE_LIMITED */
export type Selector = (json: string) => Promise<string>;

const REFUSALS = {
  'too much':
    'takes more time or memory than a selection may: select less at once, or read the result in pieces with read_result.',
  'not JSON': 'was not applied: the result is not JSON.',
  misfit: 'does not fit this result: a function got a value of the wrong type, or does not exist.',
} as const;

/**
 * Compiles an expression.
 * @param owner whose selection it is: nobody's selections make those of others wait for long.
 * @throws GatewayError INVALID_ARGUMENTS where it is not JMESPath
 */
export async function compileSelector(tool: string, owner: string, expression: string): Promise<Selector> {
  const refuse = (message: string): never => {
    throw new GatewayError('INVALID_ARGUMENTS', `${tool}: select ${message}`);
  };
  if (expression.length > MAX_LENGTH) refuse(`is longer than ${MAX_LENGTH} characters: make it shorter.`);
  // Not loaded before somebody selects.
  const { parseExpression } = await import('./jmespath/expression.ts');
  const { select } = await import('./select-job.ts');
  try {
    parseExpression(expression);
  } catch {
    refuse('is not a JMESPath expression. Example: items[*].{id: id, name: name}');
  }
  const threads = jobThreads();
  const aside = async (json: string): Promise<Selected> => {
    const selection = { json, expression, steps: STEPS };
    if (threads === undefined) return select(selection);
    try {
      return (await threads.run(owner, { select: selection }, LIMIT_MS)) as Selected;
    } catch (error) {
      if (error instanceof JobLost) return { refused: 'too much' };
      throw error;
    }
  };
  return async (json) => {
    const small = json.length <= SMALL ? select({ json, expression, steps: SMALL_STEPS }) : undefined;
    const isTooSmall = small === undefined || ('refused' in small && small.refused === 'too much');
    const selected = isTooSmall ? await aside(json) : small;
    return 'text' in selected ? selected.text : refuse(REFUSALS[selected.refused]);
  };
}
