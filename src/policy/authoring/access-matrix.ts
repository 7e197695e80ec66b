/** The access of all agents: agents, servers and tools in one table, each cell a decision of the real function. Pure. */
import type { Policy } from '../compile-rules.ts';
import { type Outcomes, outcomeOf, type ToolsByServer } from './changed-decisions.ts';

export interface AccessMatrix {
  readonly agents: readonly string[];
  /** Those whose rules are not enforced. */
  readonly shadow: readonly string[];
  readonly rows: readonly MatrixRow[];
  /** Servers whose tools are not known. */
  readonly unknown: readonly string[];
}

export interface MatrixRow {
  readonly server: string;
  /** Null for the server as such. */
  readonly tool: string | null;
  /** One for each agent, in their order. */
  readonly cells: readonly Outcomes[];
}

export function accessMatrix(policy: Policy, agents: readonly string[], tools: ToolsByServer): AccessMatrix {
  const rows: MatrixRow[] = [];
  for (const [server, names] of tools) {
    for (const tool of [null, ...(names ?? [])]) {
      const about = { server, name: tool ?? undefined, kind: 'tool' } as const;
      rows.push({ server, tool, cells: agents.map((agent) => outcomeOf(policy, { agent, ...about })) });
    }
  }
  return {
    agents,
    shadow: agents.filter((agent) => policy.isShadow(agent)),
    rows,
    unknown: [...tools].flatMap(([server, names]) => (names === undefined ? [server] : [])),
  };
}
