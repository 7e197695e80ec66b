/** Errors that teach: what a failed call got wrong is added to what the server said. */

import { briefOf } from '../../catalog/render-tool.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ToolAnswer, ToolContext } from '../operation.ts';
import { withText } from '../results/with-text.ts';

/** JSON-RPC: invalid params. */
const INVALID_PARAMS = -32602;

/** True if the server failed a call in a way that its arguments may have caused. */
export function hasFailed(answer: ToolAnswer): boolean {
  return answer.kind === 'error' ? answer.code === INVALID_PARAMS : answer.body.isError === true;
}

/**
 * The answer of a call that failed, with where its arguments do not fit the schema and how they should look, if they do not.
 * @param args JSON text of the arguments.
 */
export async function taught(
  { catalog, relay }: ToolContext,
  server: string,
  entry: ToolEntry,
  args: string,
  answer: ToolAnswer,
): Promise<ToolAnswer> {
  const problems = await catalog.checker.problems({ server, entry, args, owner: relay.owner }, 'after');
  if (problems.length === 0) return answer;
  const hint = misfit(entry, problems);
  if (answer.kind === 'error') return { ...answer, message: `${answer.message} ${hint}` };
  const body = await withText(answer.body, hint);
  return body === undefined ? answer : { ...answer, body };
}

/** Says what does not fit and how it should look, e.g. `Arguments do not fit: /labels must be array. Signature: create(…)`. */
export function misfit(entry: ToolEntry, problems: readonly string[]): string {
  const { signature } = briefOf(entry);
  const shape = signature === undefined ? `Schema: ${entry.inputSchema}` : `Signature: ${entry.name}${signature}`;
  return `The arguments do not fit: ${problems.join('; ')}. ${shape}`;
}
