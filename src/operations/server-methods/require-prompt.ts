/** Checks that a server has a prompt of the very name that a caller wrote: servers that compare without regard to case know more names. */
import { decidedOn, definitionChanged } from '../../catalog/lock/decided-definition.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import type { ToolContext } from '../operation.ts';

/**
 * @returns what a call carries of its definition
 * @throws GatewayError TOOL_NOT_FOUND where the server lists no such prompt, DEFINITION_CHANGED where that waits for the owner;
 *   SERVER_UNAVAILABLE or TIMEOUT where its list cannot be had
 */
export async function requirePrompt(
  { catalog, signal }: ToolContext,
  server: ServerDefinition,
  name: string,
  timeoutMs: number,
): Promise<DecidedDefinition | undefined> {
  const wanted = { timeoutMs, signal };
  const prompt =
    (await catalog.offers(server, 'prompts', wanted)).byKey.get(name) ??
    // It may be newer than the list.
    (await catalog.offersAgain(server, 'prompts', wanted))?.byKey.get(name);
  if (prompt !== undefined) return decidedOn(server, 'prompt', name, prompt);
  if (catalog.isHeld(server, 'prompts', name)) throw definitionChanged(server.name, 'prompt', name);
  throw new GatewayError('TOOL_NOT_FOUND', 'There is no such prompt.');
}
