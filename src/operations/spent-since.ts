/** Counts what agents read, by the records of their calls. */
import type { Counted } from '../audit/query/call-statistics.ts';
import { type AgentSpending, spendingOf } from './spending.ts';

type Spent = Pick<AgentSpending, 'agent' | 'calls' | 'definitions' | 'results'>;

/** One per agent, whoever read most first. Calls are those that were answered with something to read. */
export function spentSince(calls: Iterable<Counted>): Spent[] {
  const agents = new Map<string, { agent: string; calls: number; definitions: number; results: number }>();
  for (const call of calls) {
    const kind = spendingOf(call.operation);
    if (kind === undefined || call.agent_id === null || call.tokens === undefined) continue;
    // The cells of a summary have all tokens that there were; a call that failed has none.
    if (call.tokens === 0 && 'calls' in call) continue;
    const { agent_id: agent } = call;
    const spent = agents.get(agent) ?? { agent, calls: 0, definitions: 0, results: 0 };
    agents.set(agent, spent);
    spent.calls += 'calls' in call ? call.calls : 1;
    spent[kind] += call.tokens;
  }
  const all = ({ definitions, results }: Spent): number => definitions + results;
  return [...agents.values()].sort((one, other) => all(other) - all(one) || (one.agent < other.agent ? -1 : 1));
}
