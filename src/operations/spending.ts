/** The ledger as owners see it: what each agent spent, beside what direct exposure of the same servers would have cost. */
import type { Catalog } from '../catalog/catalog.ts';
import { estimateTokens } from '../catalog/estimate-tokens.ts';
import { definitionText } from '../catalog/render-tool.ts';
import { listingFacts } from '../catalog/tool-access.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Ledger, Spent } from '../observe/ledger.ts';
import { EXECUTE_ANY, RUN_CODE, SPLIT_EXECUTORS } from '../policy/executors.ts';
import { definitionsShown, toolChoiceOf } from './gateway-tools/executor-choice.ts';
import type { GatewayTool } from './operation.ts';

/** Estimated tokens, of one agent since the start. */
export interface AgentSpending {
  readonly agent: string;
  readonly calls: number;
  /** The gateway's own tools: once per conversation. */
  readonly tools_list: number;
  /** Lists and definitions that were asked for. */
  readonly definitions: number;
  readonly results: number;
  /** The cost of the definitions of its tools in one `tools/list`, for the servers that have listed theirs. */
  readonly direct: number;
  /** The number of those tools. */
  readonly direct_tools: number;
}

interface SpendingParts {
  readonly snapshot: Snapshot;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly tools: Iterable<GatewayTool>;
}

/** The spending of an agent, as one process knows it. */
export interface SpentHere extends Pick<AgentSpending, 'agent' | 'calls' | 'tools_list' | 'definitions' | 'results'> {
  /** The cost of the definitions of its tools, by the servers that have listed theirs here. */
  readonly direct: ReadonlyMap<string, { readonly tokens: number; readonly tools: number }>;
}

/** One per agent of the rules. */
export function spentHere({ snapshot, catalog, ledger, tools }: SpendingParts): SpentHere[] {
  const own = [...tools];
  const costOfOwn = (agent: string): number => {
    const shown = definitionsShown(own, toolChoiceOf(snapshot, [agent]));
    return estimateTokens(JSON.stringify({ tools: shown }));
  };
  return snapshot.policy.agents.map((agent) => {
    const direct = new Map<string, { tokens: number; tools: number }>();
    for (const server of snapshot.servers.values()) {
      if (!snapshot.policy.decide(agent, server.name).allowed) continue;
      const listed = catalog.listed(server);
      if (listed === undefined) continue;
      const cost = { tokens: 0, tools: 0 };
      direct.set(server.name, cost);
      for (const entry of listed) {
        if (!snapshot.policy.decide(agent, server.name, entry.name, 'tool', listingFacts(entry)).allowed) continue;
        cost.tokens += costOf(entry);
        cost.tools++;
      }
    }
    return { agent, ...ledger.of(agent), tools_list: costOfOwn(agent), direct };
  });
}

/** One line per agent, from what each process knows. */
export function spendingTogether(processes: readonly (readonly SpentHere[])[]): AgentSpending[] {
  const byAgent = new Map<string, SpentHere[]>();
  for (const spent of processes.flat()) byAgent.set(spent.agent, [...(byAgent.get(spent.agent) ?? []), spent]);
  return Array.from(byAgent, ([agent, parts]) => {
    const sum = (read: (spent: SpentHere) => number): number => parts.reduce((all, part) => all + read(part), 0);
    // A server costs the same wherever it is listed.
    const direct = [...new Map(parts.flatMap((part) => [...part.direct])).values()];
    return {
      agent,
      calls: sum(({ calls }) => calls),
      definitions: sum(({ definitions }) => definitions),
      results: sum(({ results }) => results),
      tools_list: parts[0]?.tools_list ?? 0,
      direct: direct.reduce((all, { tokens }) => all + tokens, 0),
      direct_tools: direct.reduce((all, { tools }) => all + tools, 0),
    };
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

/** The kind of text that the answer to an operation is to its agent; undefined where it costs nothing. */
export function spendingOf(operation: string): Spent | undefined {
  return SPENDING.get(operation);
}

const SPENDING: ReadonlyMap<string, Spent> = new Map([
  ['list_servers', 'definitions'],
  ['get_server_tools', 'definitions'],
  ['search_tools', 'definitions'],
  ['tools/list', 'definitions'],
  [EXECUTE_ANY, 'results'],
  ...SPLIT_EXECUTORS.map((name) => [name, 'results'] as const),
  [RUN_CODE, 'results'],
  ['read_result', 'results'],
  ['tools/call', 'results'],
  ['tasks/get', 'results'],
  ['tasks/result', 'results'],
]);
