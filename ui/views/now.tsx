import { useContext } from 'preact/hooks';
import type { Now as NowData, RunningGateway } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { Command, Empty, Failed, FirstSteps, Loading } from '../parts/empty.tsx';
import { counted, number, seconds, Tile } from '../parts/figures.tsx';
import { HourChart } from '../parts/hour-chart.tsx';
import { LiveCalls } from '../parts/live-calls.tsx';
import { NowContext } from '../parts/now-context.ts';
import { ServerList } from '../parts/server-list.tsx';

/** The view of this moment. */
export function Now() {
  const { data, error } = useContext(NowContext);
  if (data === undefined) return error === undefined ? <Loading /> : <Failed error={error} />;
  if (isNew(data)) return <Welcome />;
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      <Waiting now={data} />
      <Figures now={data} />
      <section class="card" aria-label="The last hour">
        <HourChart hour={data.hour} />
      </section>
      <div class="columns">
        <section aria-labelledby="live">
          <h2 id="live">Calls as they end</h2>
          <LiveCalls
            none={
              <Empty title="No calls yet">
                <p>Ask an agent to use a tool, or look at what there is:</p>
                <Command>agent-mcp-gateway tools list</Command>
              </Empty>
            }
          />
        </section>
        <section aria-labelledby="servers">
          <h2 id="servers">Servers</h2>
          {data.gateways.length === 0 ? (
            <Empty title="No gateway runs now">
              <FirstSteps />
            </Empty>
          ) : (
            <>
              <ServerList gateways={data.gateways} hour={data.hour} />
              <Gateways gateways={data.gateways} />
            </>
          )}
        </section>
      </div>
    </>
  );
}

/** True where nothing runs, and nothing was called for an hour. */
function isNew({ gateways, hour }: NowData): boolean {
  return gateways.length === 0 && hour.minutes.every(({ calls }) => calls === 0);
}

function Welcome() {
  return (
    <section class="card welcome">
      <Empty title="No gateway runs now">
        <FirstSteps />
        <p>
          What was called before is under <a href="#/calls">Calls</a>.
        </p>
      </Empty>
    </section>
  );
}

/** The tasks that wait for whoever looks. */
function Waiting({ now: { waiting, held } }: { readonly now: NowData }) {
  if (waiting + held === 0) return null;
  return (
    <p class="waiting" role="status">
      {waiting > 0 && (
        <a href="#/approvals">
          {counted(waiting, 'call')} {waiting === 1 ? 'waits' : 'wait'} for your answer
        </a>
      )}
      {held > 0 && (
        <a href="#/definitions">
          {counted(held, 'server')} changed {held === 1 ? 'its' : 'their'} definitions
        </a>
      )}
    </p>
  );
}

function Figures({ now: { gateways, hour } }: { readonly now: NowData }) {
  const sum = (of: 'calls' | 'denied' | 'errors'): number => hour.minutes.reduce((all, minute) => all + minute[of], 0);
  const servers = eachOnce(gateways.flatMap((one) => one.servers));
  const ready = servers.filter(({ state }) => state === 'ready').length;
  const wrong = servers.filter(({ last_error }) => last_error !== undefined).length;
  const saved = gateways.flatMap(({ agents }) => agents).reduce((all, agent) => all + savedBy(agent), 0);
  const share = (count: number): string => (sum('calls') === 0 ? '' : `${((100 * count) / sum('calls')).toFixed(1)} %`);
  return (
    <div class="tiles">
      <Tile label="Calls" value={number(sum('calls'))} note="in the last hour" href="#/calls?since=1h" />
      <Tile
        label="Denied"
        value={number(sum('denied'))}
        note={share(sum('denied'))}
        href="#/calls?since=1h&decision=DENY"
      />
      <Tile
        label="Failed"
        value={number(sum('errors'))}
        note={share(sum('errors'))}
        {...(sum('errors') > 0 ? { tone: 'bad' } : {})}
        href="#/calls?since=1h&decision=ERROR"
      />
      <Tile
        label="Servers ready"
        value={number(ready)}
        note={`of ${servers.length}${wrong > 0 ? `, ${wrong} with an error` : ''}`}
        href="#/servers"
      />
      <Tile
        label="Tokens saved"
        value={saved === 0 ? '0' : `≈ ${number(saved)}`}
        note="since the start"
        href="#/savings"
      />
    </div>
  );
}

/** The tokens that discovery spared in one conversation. */
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
