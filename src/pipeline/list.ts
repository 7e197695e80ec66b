import type { GatewayTool } from '../tools/types.ts';
import type { Outcome } from './types.ts';

/** How long a client may keep the list of the gateway's own tools, which only changes with the program. */
const TOOLS_TTL_MS = 3_600_000;

/** The answer to `tools/list`: the same for every caller, so made once. */
export function toolsListOutcome(tools: Iterable<GatewayTool>): Outcome {
  const definitions = Array.from(tools, (tool) => tool.definition);
  return {
    kind: 'result',
    body: { text: JSON.stringify({ tools: definitions }), metaAt: -1 },
    cache: { ttlMs: TOOLS_TTL_MS, cacheScope: 'private' },
  };
}
