/** What `get_gateway_status` tells (docs/operations.md, Reload). */
import type { ConfigStore } from '../config/store.ts';

export function statusOf(config: ConfigStore, servers: readonly object[]): object {
  const { policy, paths, denyOnMissingAgent, explainDenials } = config.current();
  return {
    reload_status: config.status(),
    policy_state: {
      total_agents: policy.agents.length,
      agent_ids: policy.agents,
      defaults: { deny_on_missing_agent: denyOnMissingAgent, explain_denials: explainDenials },
    },
    available_servers: [...config.current().servers.keys()],
    servers,
    config_paths: { mcp_config: paths.servers, gateway_rules: paths.rules },
    message: 'The gateway is running.',
  };
}
