/** The ledger as owners see it: what each agent spent, beside what direct exposure of the same servers would have cost. */
import type { Catalog, ToolEntry } from '../catalog/catalog.ts';
import { definitionText } from '../catalog/render.ts';
import { estimateTokens } from '../catalog/tokens.ts';
import type { Snapshot } from '../config/types.ts';
import type { Ledger } from '../observe/ledger.ts';
import type { GatewayTool } from './types.ts';

/** Estimated tokens, of one agent since the start. */
export interface AgentSpending {
  readonly agent: string;
  readonly calls: number;
  /** The gateway's own tools: once per conversation. */
  readonly tools_list: number;
  /** Lists and definitions that were asked for. */
  readonly definitions: number;
  readonly results: number;
  /** What the definitions of its tools would cost in one `tools/list`, for the servers that have listed theirs. */
  readonly direct: number;
  /** How many tools those are. */
  readonly direct_tools: number;
}

export interface SpendingParts {
  readonly snapshot: Snapshot;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly tools: Iterable<GatewayTool>;
}

/** One line per agent of the rules. */
export function spendingOf({ snapshot, catalog, ledger, tools }: SpendingParts): AgentSpending[] {
  const own = estimateTokens(JSON.stringify({ tools: Array.from(tools, ({ definition }) => definition) }));
  return snapshot.policy.agents.map((agent) => {
    let direct = 0;
    let count = 0;
    for (const server of snapshot.servers.values()) {
      if (!snapshot.policy.decide(agent, server.name).allowed) continue;
      for (const entry of catalog.listed(server) ?? []) {
        if (!snapshot.policy.decide(agent, server.name, entry.name).allowed) continue;
        direct += costOf(entry);
        count++;
      }
    }
    return { agent, ...ledger.of(agent), tools_list: own, direct, direct_tools: count };
  });
}

const costs = new WeakMap<ToolEntry, number>();

function costOf(entry: ToolEntry): number {
  let cost = costs.get(entry);
  if (cost === undefined) {
    cost = estimateTokens(definitionText(entry));
    costs.set(entry, cost);
  }
  return cost;
}
