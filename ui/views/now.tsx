import { useContext } from 'preact/hooks';
import type { Now as NowData, RunningGateway } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { Empty, Failed, FirstSteps } from '../parts/empty.tsx';
import { number, seconds, Tile } from '../parts/figures.tsx';
import { LiveCalls } from '../parts/live-calls.tsx';
import { NowContext } from '../parts/now-context.ts';
import { ServerList } from '../parts/server-list.tsx';

/** What happens at this moment. */
export function Now() {
  const { data, error } = useContext(NowContext);
  if (error !== undefined && data === undefined) return <Failed error={error} />;
  if (data === undefined) return <p class="loading">Loading</p>;
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      <Figures now={data} />
      <div class="columns">
        <section aria-labelledby="live">
          <h2 id="live">Calls as they end</h2>
          <LiveCalls />
        </section>
        <section aria-labelledby="servers">
          <h2 id="servers">Servers</h2>
          {data.gateways.length === 0 ? (
            <Empty title="No gateway runs now">
              <FirstSteps />
            </Empty>
          ) : (
            <ServerList gateways={data.gateways} stats={data.lastHour} />
          )}
          {data.gateways.length > 0 && <Gateways gateways={data.gateways} />}
        </section>
      </div>
    </>
  );
}

function Figures({ now: { gateways, lastHour } }: { readonly now: NowData }) {
  const sum = (of: 'calls' | 'denied' | 'errors'): number => lastHour.reduce((all, group) => all + group[of], 0);
  const servers = eachOnce(gateways.flatMap((one) => one.servers));
  const ready = servers.filter(({ state }) => state === 'ready').length;
  const wrong = servers.filter(({ last_error }) => last_error !== undefined).length;
  const saved = gateways.flatMap(({ agents }) => agents).reduce((all, agent) => all + savedBy(agent), 0);
  return (
    <div class="tiles">
      <Tile label="Calls, last hour" value={number(sum('calls'))} href="#/calls?since=1h" />
      <Tile label="Denied, last hour" value={number(sum('denied'))} href="#/calls?since=1h&decision=DENY" />
      <Tile
        label="Failed, last hour"
        value={number(sum('errors'))}
        {...(sum('errors') > 0 ? { tone: 'bad' } : {})}
        href="#/calls?since=1h&decision=ERROR"
      />
      <Tile
        label="Servers ready"
        value={`${ready} of ${servers.length}`}
        note={wrong > 0 ? `${wrong} with an error` : 'others start when used'}
        href="#/servers"
      />
      <Tile label="Tokens saved" value={`≈ ${number(saved)}`} note="estimated, since the start" href="#/savings" />
    </div>
  );
}

/** What discovery spared in one conversation. */
function savedBy({ calls, direct, tools_list, definitions }: RunningGateway['agents'][number]): number {
  return calls === 0 ? 0 : Math.max(0, direct - tools_list - definitions);
}

function Gateways({ gateways }: { readonly gateways: readonly RunningGateway[] }) {
  return (
    <ul class="gateways">
      {gateways.map(({ gateway: { pid, transport, version, uptime_seconds } }) => (
        <li key={pid}>
          Gateway {pid} over {transport}, version {version}, up {seconds(uptime_seconds)}
        </li>
      ))}
    </ul>
  );
}
