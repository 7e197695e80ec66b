/** Checks that a server has a prompt of the very name that a caller wrote: servers that compare without regard to case know more names. */
import { decidedOn, definitionChanged } from '../../catalog/lock/decided-definition.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../../protocol/members.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import type { RequestText, ToolContext } from '../operation.ts';

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

/** The same of a prompt for which an argument is to be completed, which its caller has to know. */
export function requireCompletable({ text, params }: RequestText): typeof requirePrompt {
  const argument = valueText(text, findMember(params, 'argument')) ?? '{}';
  const asked = stringValue(argument, findMember(readObject(argument), 'name')) ?? '';
  return async (context, server, name, timeoutMs) => {
    if (server.overrides?.hidesArgument(name, asked) === true)
      throw new GatewayError('TOOL_NOT_FOUND', 'There is no such argument.');
    return requirePrompt(context, server, name, timeoutMs);
  };
}
