/** Gauges, which are read when somebody looks: sessions, servers, what discovery saves. */
import type { ConfigStore } from '../config/config-store.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { AgentSpending } from '../operations/spending.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';

export function defineGauges(
  metrics: Metrics,
  config: ConfigStore,
  sessions: { readonly size: number },
  servers: () => readonly ServerReport[],
): void {
  metrics.gauge('sessions', 'Sessions of the 2025 revisions that are open.', () => sessions.size);
  metrics.gauge(
    'servers_configured',
    'Servers of the configuration in force.',
    () => config.current().servers.size,
    'max',
  );
  metrics.gauge(
    'servers_ready',
    'Servers that are connected.',
    () => servers().filter(({ state }) => state === 'ready').length,
  );
  const perServer = (read: (server: ServerReport) => number) => () =>
    servers().map((server) => ({ labels: { server: server.name }, value: read(server) }));
  metrics.gauge('server_state', 'State of each server: 1 under the state that it is in.', () =>
    servers().map(({ name, state }) => ({ labels: { server: name, state }, value: 1 })),
  );
  metrics.gauge(
    'server_connections',
    'Connections to each server.',
    perServer(({ instances }) => instances ?? 0),
  );
  metrics.gauge(
    'server_starts',
    'Processes started for each server so far.',
    perServer(({ starts }) => starts ?? 0),
  );
  metrics.gauge(
    'server_calls',
    'Calls that each server works on.',
    perServer(({ active }) => active ?? 0),
  );
  metrics.gauge(
    'server_waiting',
    'Calls that wait for their turn.',
    perServer(({ waiting }) => waiting ?? 0),
  );
}

/** The tokens that discovery saves agents from reading. */
export function defineDirectGauge(metrics: Metrics, spending: () => readonly AgentSpending[]): void {
  metrics.gauge('direct_tokens', 'Estimated tokens of all definitions that an agent may use.', () =>
    spending().map(({ agent, direct }) => ({ labels: { agent }, value: direct })),
  );
}
