import { definitionsShown, type ToolChoice, toolsShown } from '../operations/gateway-tools/executor-choice.ts';
import type { GatewayTool } from '../operations/operation.ts';
import type { CallOutcome } from './caller.ts';

/** The time for which a client may keep the list of the gateway's own tools, in milliseconds; a change is announced besides. */
const TOOLS_TTL_MS = 300_000;

/** Clients that defer tools load these at once (Claude Code): there are few, and everything else is found through them. */
const AT_ONCE = { 'anthropic/alwaysLoad': true };

export type OwnTools = (choice: ToolChoice) => CallOutcome;

/** The answers to `tools/list`: the same for all callers of one choice, so made once. */
export function ownToolsOf(tools: Iterable<GatewayTool>): OwnTools {
  const all = [...tools];
  const made = new Map<ToolChoice, CallOutcome>();
  return (choice) => {
    for (const tool of toolsShown(all, choice)) tool.shown?.();
    const before = made.get(choice);
    if (before !== undefined) return before;
    const definitions = definitionsShown(all, choice).map((definition) => ({ ...definition, _meta: AT_ONCE }));
    const outcome: CallOutcome = {
      kind: 'result',
      body: { text: JSON.stringify({ tools: definitions }), metaAt: -1 },
      cache: { ttlMs: TOOLS_TTL_MS, cacheScope: 'private' },
    };
    made.set(choice, outcome);
    return outcome;
  };
}
