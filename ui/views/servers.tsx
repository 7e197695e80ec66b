import { useContext, useState } from 'preact/hooks';
import type { ServerHour } from '../../src/ui/api.ts';
import { eachOnce } from '../../src/ui/each-once.ts';
import { post } from '../api.ts';
import { Empty, Failed, FirstSteps, Loading } from '../parts/empty.tsx';
import { counted, duration, number } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { byNeed, type Server, toneOf } from '../parts/server-tone.ts';
import { SignIns } from '../parts/sign-ins.tsx';
import { useData } from '../use-data.ts';

/** Each server: how it is, what it wrote, and what can be done about it. */
export function Servers({ query }: { readonly query: URLSearchParams }) {
  const { data, error, again } = useContext(NowContext);
  const [filter, setFilter] = useState('');
  const chosen = query.get('name');
  if (data === undefined) return error === undefined ? <Loading /> : <Failed error={error} />;
  const servers = byNeed(eachOnce(data.gateways.flatMap((one) => one.servers)), data.hour);
  if (servers.length === 0) {
    return (
      <Empty title={data.gateways.length === 0 ? 'No gateway runs now' : 'No server is configured'}>
        <FirstSteps />
      </Empty>
    );
  }
  const wanted = filter.toLowerCase();
  const shown = servers.filter(({ server: { name } }) => name.toLowerCase().includes(wanted) || name === chosen);
  return (
    <>
      {error !== undefined && <Failed error={error} />}
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
          <p class="note">
            {shown.length} of {servers.length}; figures of the last hour
          </p>
        </div>
      )}
      <ul class="list">
        {shown.map(({ server, count }) => (
          <li key={server.name}>
            <Row server={server} count={count} isOpen={server.name === chosen} />
            {server.name === chosen && <Details server={server} mayWrite={data.mayWrite} changed={again} />}
          </li>
        ))}
      </ul>
    </>
  );
}

interface RowProps {
  readonly server: Server;
  readonly count: ServerHour | undefined;
  readonly isOpen: boolean;
}

function Row({ server, count, isOpen }: RowProps) {
  const { name, state, last_error, active = 0, waiting = 0 } = server;
  const busy = [active > 0 && counted(active, 'call'), waiting > 0 && `${waiting} waiting`].filter(Boolean).join(', ');
  return (
    <a
      class="row"
      href={isOpen ? '#/servers' : `#/servers?name=${encodeURIComponent(name)}`}
      aria-expanded={isOpen}
      title={name}
    >
      <span class={`dot ${toneOf(server)}`} />
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <span class="soft">{busy === '' ? state : `${state}, ${busy}`}</span>
      <span class="number">{count === undefined ? '' : counted(count.calls, 'call', number)}</span>
      <span class="number soft">
        {count === undefined || count.p50_ms === null ? '' : `p50 ${duration(count.p50_ms)}`}
      </span>
      <span class="number soft">
        {count === undefined || count.p95_ms === null ? '' : `p95 ${duration(count.p95_ms)}`}
      </span>
      <span class="number bad">
        {count === undefined || count.errors === 0 ? '' : `${number(count.errors)} failed`}
      </span>
      {last_error !== undefined && <span class="why">{last_error}</span>}
    </a>
  );
}

function Facts({ server }: { readonly server: Server }) {
  const { transport, version, revision, starts, start_ms, handshake_ms, sharing } = server;
  const facts = [
    transport,
    version,
    revision === undefined ? undefined : `revision ${revision}`,
    sharing === undefined ? undefined : `connection: ${sharing}`,
    starts === undefined || starts === 0 ? undefined : `started ${starts} ×`,
    start_ms === undefined ? undefined : `starts in ${duration(start_ms + (handshake_ms ?? 0))}`,
  ];
  return <p class="note facts-line">{facts.filter((fact) => fact !== undefined && fact !== '').join(' · ')}</p>;
}

/** The parts of the time of its calls since the gateway started. */
function Parts({ server: { figures } }: { readonly server: Server }) {
  if (figures === undefined) return null;
  const { queue_p95_ms, server_p95_ms, gateway_p95_ms } = figures;
  if (server_p95_ms === null) return null;
  return (
    <p class="note">
      Since the gateway started, 95 of 100 calls wait at most {duration(queue_p95_ms)}, take the server at most{' '}
      {duration(server_p95_ms)}, and the gateway {duration(gateway_p95_ms)}.
    </p>
  );
}

interface DetailsProps {
  readonly server: Server;
  readonly mayWrite: boolean;
  readonly changed: () => void;
}

function Details({ server, mayWrite, changed }: DetailsProps) {
  const { name, transport } = server;
  const { data, error, again } = useData<{ readonly text: string }>(`servers/${encodeURIComponent(name)}/output`);
  const [told, setTold] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const act = async (what: 'restart' | 'stop'): Promise<void> => {
    setTold(undefined);
    setIsBusy(true);
    try {
      await post(`servers/${encodeURIComponent(name)}/${what}`, {});
      setTold(what === 'restart' ? 'It was restarted.' : 'It was stopped; the next call starts it.');
    } catch (failure) {
      setTold((failure as Error).message);
    }
    setIsBusy(false);
    changed();
    again();
  };
  return (
    <div class="details">
      <Facts server={server} />
      <Parts server={server} />
      <p class="buttons">
        <button type="button" disabled={!mayWrite || isBusy} onClick={() => void act('restart')}>
          Restart
        </button>
        <button type="button" class="quiet" disabled={!mayWrite || isBusy} onClick={() => void act('stop')}>
          Stop
        </button>
        <a class="button quiet" href={`#/calls?since=1h&server=${encodeURIComponent(name)}`}>
          Its calls
        </a>
        {!mayWrite && <span class="note">To change things, start the page with “agent-mcp-gateway ui --write”.</span>}
        <span role="status" class="note">
          {told}
        </span>
      </p>
      {transport !== undefined && transport !== 'stdio' && <SignIns server={name} mayWrite={mayWrite} />}
      {transport === 'stdio' && <h3>Standard error</h3>}
      {transport === 'stdio' && error !== undefined && <Failed error={error} />}
      {transport === 'stdio' &&
        data !== undefined &&
        (data.text === '' ? <p class="note">It wrote nothing.</p> : <pre tabIndex={0}>{data.text}</pre>)}
    </div>
  );
}
