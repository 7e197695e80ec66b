import { useContext, useState } from 'preact/hooks';
import type { RunningGateway } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { post } from '../api.ts';
import { Empty, Failed, FirstSteps } from '../parts/empty.tsx';
import { duration, number } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { toneOf } from '../parts/server-list.tsx';
import { SignIns } from '../parts/sign-ins.tsx';
import { useData } from '../use-data.ts';

type Server = RunningGateway['servers'][number];

/** Each server: how it is, what it wrote, and what can be done about it. */
export function Servers({ query }: { readonly query: URLSearchParams }) {
  const { data, error, again } = useContext(NowContext);
  const [filter, setFilter] = useState('');
  const chosen = query.get('name');
  if (data === undefined) return error === undefined ? <p class="loading">Loading</p> : <Failed error={error} />;
  const servers = eachOnce(data.gateways.flatMap((one) => one.servers)).sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  if (servers.length === 0) {
    return (
      <Empty title={data.gateways.length === 0 ? 'No gateway runs now' : 'No server is configured'}>
        <FirstSteps />
      </Empty>
    );
  }
  const shown = servers.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const counts = new Map(data.lastHour.map((group) => [group.group[0], group]));
  return (
    <>
      {servers.length > 8 && (
        <div class="filters">
          <label class="field">
            <span>servers</span>
            <input
              type="search"
              placeholder="part of a name"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </label>
        </div>
      )}
      <ul class="cards">
        {shown.map((server) => (
          <li key={server.name} class="card">
            <div class="above">
              <h2>
                <span class={`dot ${toneOf(server)}`} />
                <a href={`#/servers?name=${encodeURIComponent(server.name)}`}>
                  <bdi>{server.name}</bdi>
                </a>
              </h2>
              <span class="state">{server.state}</span>
            </div>
            {server.last_error !== undefined && <p class="failed">{server.last_error}</p>}
            <Facts server={server} />
            {counts.get(server.name) !== undefined && (
              <p class="note">
                Last hour: {number(counts.get(server.name)?.calls ?? 0)} calls, p50{' '}
                {duration(counts.get(server.name)?.p50_ms)}, p95 {duration(counts.get(server.name)?.p95_ms)}.{' '}
                <a href={`#/calls?since=1h&server=${encodeURIComponent(server.name)}`}>See them</a>
              </p>
            )}
            {server.name === chosen && <Details server={server} mayWrite={data.mayWrite} changed={again} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Facts({ server }: { readonly server: Server }) {
  const { transport, version, revision, starts, start_ms, handshake_ms, active, waiting, sharing } = server;
  const facts = [
    transport,
    version,
    revision,
    sharing === undefined ? undefined : `connection: ${sharing}`,
    starts === undefined || starts === 0 ? undefined : `started ${starts} ×`,
    start_ms === undefined ? undefined : `starts in ${duration(start_ms + (handshake_ms ?? 0))}`,
    active === undefined || active === 0 ? undefined : `${active} calls now`,
    waiting === undefined || waiting === 0 ? undefined : `${waiting} waiting`,
  ];
  return <p class="note facts-line">{facts.filter((fact) => fact !== undefined && fact !== '').join(' · ')}</p>;
}

interface DetailsProps {
  readonly server: Server;
  readonly mayWrite: boolean;
  readonly changed: () => void;
}

function Details({ server: { name, transport }, mayWrite, changed }: DetailsProps) {
  const { data, error, again } = useData<{ readonly text: string }>(`servers/${encodeURIComponent(name)}/output`);
  const [told, setTold] = useState<string>();
  const act = async (what: 'restart' | 'stop'): Promise<void> => {
    setTold(undefined);
    try {
      await post(`servers/${encodeURIComponent(name)}/${what}`, {});
      setTold(what === 'restart' ? 'It was restarted.' : 'It was stopped; the next call starts it.');
    } catch (failure) {
      setTold((failure as Error).message);
    }
    changed();
    again();
  };
  return (
    <div class="details">
      <p class="buttons">
        <button type="button" disabled={!mayWrite} onClick={() => void act('restart')}>
          Restart
        </button>
        <button type="button" class="quiet" disabled={!mayWrite} onClick={() => void act('stop')}>
          Stop
        </button>
        {!mayWrite && <span class="note">To change things, start the page with “agent-mcp-gateway ui --write”.</span>}
      </p>
      <p role="status">{told}</p>
      {transport !== undefined && transport !== 'stdio' && <SignIns server={name} mayWrite={mayWrite} />}
      {transport === 'stdio' && <h3>What it wrote to standard error</h3>}
      {error !== undefined && <Failed error={error} />}
      {transport === 'stdio' &&
        data !== undefined &&
        (data.text === '' ? <p class="note">Nothing.</p> : <pre tabIndex={0}>{data.text}</pre>)}
    </div>
  );
}
