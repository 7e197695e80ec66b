import { useState } from 'preact/hooks';
import type { LastHour, RunningGateway } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { duration, number } from './figures.tsx';
import { Scroll } from './scroll.tsx';
import { byNeed, toneOf } from './server-tone.ts';

/** Servers that are shown until somebody asks for all. */
const SHOWN = 12;

interface Props {
  readonly gateways: readonly RunningGateway[];
  readonly hour: LastHour;
}

/** Each server once, however many gateways have it; what is wrong comes first, then what is used most. */
export function ServerList({ gateways, hour }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const rows = byNeed(eachOnce(gateways.flatMap(({ servers }) => servers)), hour);
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  return (
    <>
      <Scroll label="Servers">
        <table class="servers">
          <thead>
            <tr>
              <th scope="col">Server</th>
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
                  <a class="named" href={`#/servers?name=${encodeURIComponent(server.name)}`} title={server.name}>
                    <span class={`dot ${toneOf(server)}`} />
                    <bdi>{server.name}</bdi>
                    {server.state !== 'ready' && <small>{server.state}</small>}
                  </a>
                </th>
                <td class="number">{count === undefined ? '' : number(count.calls)}</td>
                <td class="number">{duration(count?.p50_ms)}</td>
                <td class="number">{duration(count?.p95_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setIsWhole(true)}>
          Show all {rows.length}
        </button>
      )}
    </>
  );
}
