import type { GatewayTool } from '../operations/operation.ts';
import type { CallOutcome } from './caller.ts';

/** How long a client may keep the list of the gateway's own tools, which only changes with the program. */
const TOOLS_TTL_MS = 3_600_000;

/** Clients that defer tools load these at once (Claude Code): there are few, and everything else is found through them. */
const AT_ONCE = { 'anthropic/alwaysLoad': true };

/** The answer to `tools/list`: the same for every caller, so made once. */
export function toolsListOutcome(tools: Iterable<GatewayTool>): CallOutcome {
  const definitions = Array.from(tools, ({ definition }) => ({ ...definition, _meta: AT_ONCE }));
  return {
    kind: 'result',
    body: { text: JSON.stringify({ tools: definitions }), metaAt: -1 },
    cache: { ttlMs: TOOLS_TTL_MS, cacheScope: 'private' },
  };
}
