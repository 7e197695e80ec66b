import { useState } from 'preact/hooks';
import type { GroupCounts } from '../../src/audit/query/call-statistics.ts';
import type { RunningGateway } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { duration, number } from './figures.tsx';
import { Scroll } from './scroll.tsx';

type Server = RunningGateway['servers'][number];

/** Servers that are shown until somebody asks for all. */
const SHOWN = 12;

const TONES: Readonly<Record<string, string>> = {
  ready: 'good',
  starting: 'busy',
  stopped: 'idle',
  'failed-config': 'bad',
  failed: 'bad',
};

export function toneOf({ state, last_error }: Server): string {
  if (last_error !== undefined && state !== 'ready') return 'bad';
  return TONES[state] ?? 'idle';
}

interface Props {
  readonly gateways: readonly RunningGateway[];
  readonly stats: readonly GroupCounts[];
}

/** Each server once, however many gateways have it; what is wrong comes first, then what is used most. */
export function ServerList({ gateways, stats }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const counts = new Map(stats.map((group) => [group.group[0], group]));
  const rows = eachOnce(gateways.flatMap(({ servers }) => servers)).map((server) => ({
    server,
    count: counts.get(server.name),
  }));
  rows.sort(
    (one, other) => rank(one.server) - rank(other.server) || (other.count?.calls ?? 0) - (one.count?.calls ?? 0),
  );
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  return (
    <>
      <Scroll label="Servers">
        <table class="servers">
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Calls
              </th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ server, count }) => (
              <tr key={server.name}>
                <th scope="row">
                  <a href={`#/servers?name=${encodeURIComponent(server.name)}`}>
                    <bdi>{server.name}</bdi>
                  </a>
                </th>
                <td>
                  <span class="state" title={server.last_error}>
                    <span class={`dot ${toneOf(server)}`} />
                    {server.state}
                  </span>
                </td>
                <td class="number">{count === undefined ? '' : number(count.calls)}</td>
                <td class="number">{duration(count?.p50_ms)}</td>
                <td class="number">{duration(count?.p95_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="note">Calls and durations of the last hour.</p>
      {rows.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setIsWhole(true)}>
          Show all {rows.length}
        </button>
      )}
    </>
  );
}

const ORDER = ['bad', 'busy', 'good', 'idle'];

function rank(server: Server): number {
  return ORDER.indexOf(toneOf(server));
}
