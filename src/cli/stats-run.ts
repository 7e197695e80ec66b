import { runtimeDir, type Settings } from '../config/settings.ts';
import type { AgentSpending } from '../operations/spending.ts';
import { askAll } from './control-client.ts';
import { print, printJson } from './output.ts';
import type { StatsFlags } from './stats.ts';
import { table } from './table.ts';

const HEAD = ['agent', 'calls', 'own tools', 'definitions', 'results', 'direct', 'tools', 'saved'];

/** @throws GatewayError NOT_RUNNING */
export async function stats(settings: Settings, flags: StatsFlags): Promise<void> {
  const gateways = (await askAll(runtimeDir(settings), { do: 'stats' })).flatMap(({ lines }) => lines);
  if (flags.json === true) return printJson(gateways);
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

/** The tokens that discovery spared in one conversation with everything that was asked for; nothing to say before the first call. */
function saved({ calls, tools_list: own, definitions, direct }: AgentSpending): string {
  if (calls === 0 || direct === 0) return '';
  return `${Math.round(100 - (100 * (own + definitions)) / direct)} %`;
}
