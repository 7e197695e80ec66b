/** The state of a server as a colour, and the order in which somebody should look at them. */
import type { LastHour, RunningGateway, ServerHour } from '../../src/ui/api.ts';

export type Server = RunningGateway['servers'][number];

const TONES: Readonly<Record<string, string>> = {
  ready: 'good',
  starting: 'busy',
  stopped: 'idle',
  'failed-config': 'bad',
  failed: 'bad',
};
const ORDER = ['bad', 'busy', 'good', 'idle'];

export function toneOf({ state, last_error }: Server): string {
  if (last_error !== undefined && state !== 'ready') return 'bad';
  return TONES[state] ?? 'idle';
}

interface Used {
  readonly server: Server;
  readonly count: ServerHour | undefined;
}

/** Servers with a problem come first, then those that are used most. */
export function byNeed(servers: readonly Server[], hour: LastHour): readonly Used[] {
  const counts = new Map(hour.servers.map((one) => [one.server, one]));
  const rank = (server: Server): number => ORDER.indexOf(toneOf(server));
  return servers
    .map((server) => ({ server, count: counts.get(server.name) }))
    .sort(
      (one, other) =>
        rank(one.server) - rank(other.server) ||
        (other.count?.calls ?? 0) - (one.count?.calls ?? 0) ||
        (one.server.name < other.server.name ? -1 : 1),
    );
}
