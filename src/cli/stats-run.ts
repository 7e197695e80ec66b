import { countedCalls } from '../audit/summaries/counted-calls.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import type { AgentSpending } from '../operations/spending.ts';
import { spentSince } from '../operations/spent-since.ts';
import { askAll } from './control-client.ts';
import { print, printJson } from './output.ts';
import { readingLog } from './past-log.ts';
import { table } from './table.ts';

const HEAD = ['agent', 'calls', 'own tools', 'definitions', 'results', 'direct', 'tools', 'saved'];

/** @throws GatewayError NOT_RUNNING */
export async function stats(settings: Settings, json: boolean): Promise<void> {
  const gateways = (await askAll(runtimeDir(settings), { do: 'stats' })).flatMap(({ lines }) => lines);
  if (json) return printJson(gateways);
  for (const { gateway, stats: agents } of gateways) {
    if (gateway === undefined || agents === undefined) continue;
    print(`gateway ${gateway.pid}, ${gateway.transport}, version ${gateway.version}, up ${gateway.uptime_seconds} s`);
    for (const line of table([HEAD, ...agents.map(row)])) print(`  ${line}`);
  }
}

function row(spent: AgentSpending): string[] {
  const { agent, calls, tools_list: own, definitions, results, direct, direct_tools: tools } = spent;
  return [agent, calls, own, definitions, results, direct, tools, saved(spent)].map(String);
}

/**
 * The tokens that agents read since a time, in milliseconds since 1970, by the audit log.
 * @throws GatewayError USAGE where it cannot be read
 */
export function pastStats(log: string, since: number, json: boolean): void {
  const agents = readingLog(log, () => spentSince(countedCalls(log, { since })));
  if (json) {
    printJson(agents);
    return;
  }
  const head = ['agent', 'calls', 'definitions', 'results'];
  const rows = agents.map(({ agent, calls, definitions, results }) => [agent, calls, definitions, results].map(String));
  for (const line of table([head, ...rows])) print(line);
}

/** The tokens that discovery spared in one conversation with everything that was asked for; nothing to say before the first call. */
function saved({ calls, tools_list: own, definitions, direct }: AgentSpending): string {
  if (calls === 0 || direct === 0) return '';
  return `${Math.round(100 - (100 * (own + definitions)) / direct)} %`;
}
