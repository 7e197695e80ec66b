/** The answer of `get_gateway_status` (docs/operations.md, Reload). */
import type { ConfigStore } from '../config/config-store.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { AgentSpending } from '../operations/spending.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';

/** @param visible which names may be told; undefined for all. Others are left out, with all texts in which they could be. */
export function statusOf(
  config: ConfigStore,
  servers: readonly ServerReport[],
  tokens: readonly AgentSpending[],
  visible: VisibleNames | undefined,
): object {
  const { policy, paths, denyOnMissingAgent, explainDenials, servers: configured } = config.current();
  const agents = visible?.agents ?? policy.agents;
  const status = config.status();
  return {
    reload_status:
      visible === undefined
        ? status
        : { mcp_config: withoutNames(status.mcp_config), gateway_rules: withoutNames(status.gateway_rules) },
    policy_state: {
      total_agents: agents.length,
      agent_ids: agents,
      defaults: { deny_on_missing_agent: denyOnMissingAgent, explain_denials: explainDenials },
    },
    available_servers: [...configured.keys()].filter((name) => visible === undefined || visible.servers.includes(name)),
    servers: serverStatuses(servers, visible),
    config_paths: { mcp_config: paths.servers, gateway_rules: paths.rules },
    message: 'The gateway is running.',
    tokens: tokens.filter(({ agent }) => agents.includes(agent)),
  };
}

type Status = ReturnType<ConfigStore['status']>['mcp_config'];

function withoutNames(status: Status): Status {
  return {
    ...status,
    last_error: status.last_error === null ? null : 'The last reload was refused: the log of the gateway says why.',
    last_warnings: [],
  };
}

/** The state of these servers. Process ids, what a process wrote and the figures of calls, whose ever they were, are for operators. */
export function serverStatuses(servers: readonly ServerReport[], visible: VisibleNames | undefined): readonly object[] {
  if (visible === undefined) return servers;
  return servers
    .filter(({ name }) => visible.servers.includes(name))
    .map(({ pids: _pids, last_error: _error, figures: _figures, ...rest }) => rest);
}
