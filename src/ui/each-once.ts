import type { ServerReport } from '../upstream/pool/server-report.ts';

/** Each server once, however many gateways have it: as it is in the one in which it is ready, or in which something is wrong. */
export function eachOnce(servers: readonly ServerReport[]): ServerReport[] {
  const byName = new Map<string, ServerReport>();
  for (const server of servers) {
    const before = byName.get(server.name);
    if (before === undefined || rank(server) < rank(before)) byName.set(server.name, server);
  }
  return [...byName.values()];
}

function rank({ state, last_error }: ServerReport): number {
  if (state === 'ready') return 0;
  return last_error === undefined ? 2 : 1;
}
