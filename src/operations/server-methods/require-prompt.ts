/** Checks that a server has a prompt of the very name that a caller wrote: servers that compare without regard to case know more names. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';

/** @throws GatewayError TOOL_NOT_FOUND where the server lists no such prompt; SERVER_UNAVAILABLE or TIMEOUT where its list cannot be had */
export async function requirePrompt(
  { catalog, signal }: ToolContext,
  server: ServerDefinition,
  name: string,
  timeoutMs: number,
): Promise<void> {
  const wanted = { timeoutMs, signal };
  if ((await catalog.offers(server, 'prompts', wanted)).byKey.has(name)) return;
  // It may be newer than the list.
  if ((await catalog.offersAgain(server, 'prompts', wanted))?.byKey.has(name)) return;
  throw new GatewayError('TOOL_NOT_FOUND', 'There is no such prompt.');
}
