import { useContext, useState } from 'preact/hooks';
import type { ChangedDefinition, ServerDefinitionChanges, ServerDefinitions } from '../../src/ui/api.ts';
import { post } from '../api.ts';
import { DefinitionDiff } from '../parts/definition-diff.tsx';
import { Command, Empty, Failed, Loading } from '../parts/empty.tsx';
import { counted } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { Scroll } from '../parts/scroll.tsx';
import { useData } from '../use-data.ts';

/** Milliseconds. */
const REFRESH = 5000;
/** Changes that are shown until somebody asks for all. */
const SHOWN = 50;

/** The definitions that servers give now, beside those that somebody accepted. */
export function Definitions({ query }: { readonly query: URLSearchParams }) {
  const { data, error, again } = useData<readonly ServerDefinitions[]>('definitions', REFRESH);
  const now = useContext(NowContext);
  if (data === undefined) return error === undefined ? <Loading /> : <Failed error={error} />;
  const changed = data
    .filter(({ changes }) => changes > 0)
    .sort((one, other) => other.held - one.held || other.changes - one.changes);
  const chosen = query.get('server') ?? (changed.length === 1 ? changed[0]?.server : undefined);
  const accepted = (): void => {
    again();
    now.again();
  };
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      {changed.length === 0 && <NothingChanged known={data.some(({ isLocked }) => isLocked)} />}
      <ul class="rows">
        {changed.map((one) => (
          <li key={one.server} class="card">
            <Summary one={one} isOpen={one.server === chosen} />
            {one.server === chosen && (
              <Changes
                key={`${one.changes}`}
                server={one.server}
                mayWrite={now.data?.mayWrite === true}
                accepted={accepted}
              />
            )}
          </li>
        ))}
      </ul>
      {data.length > 0 && <AllServers servers={data} />}
    </>
  );
}

function Summary({ one: { server, changes, held, accepted }, isOpen }: { one: ServerDefinitions; isOpen: boolean }) {
  return (
    <div class="above">
      <h2>
        <a
          href={isOpen ? '#/definitions?server=' : `#/definitions?server=${encodeURIComponent(server)}`}
          aria-expanded={isOpen}
        >
          <bdi>{server}</bdi>
        </a>
      </h2>
      <span class="state">
        {held > 0 && <span class="badge held">{held} held back</span>}
        {counted(changes, 'change')}
        {accepted > 0 && `, ${accepted} as accepted`}
      </span>
    </div>
  );
}

interface ChangesProps {
  readonly server: string;
  readonly mayWrite: boolean;
  readonly accepted: () => void;
}

function Changes({ server, mayWrite, accepted }: ChangesProps) {
  const path = `definitions/${encodeURIComponent(server)}`;
  const { data, error, again } = useData<ServerDefinitionChanges>(path);
  const [fault, setFault] = useState<Error>();
  const [isBusy, setIsBusy] = useState(false);
  const [isWhole, setIsWhole] = useState(false);
  if (data === undefined) return error === undefined ? <Loading /> : <Failed error={error} />;
  const accept = async (names: readonly string[]): Promise<void> => {
    setIsBusy(true);
    setFault(undefined);
    try {
      await post(`${path}/accept`, { names, state: data.state });
    } catch (failure) {
      setFault(failure as Error);
    }
    setIsBusy(false);
    again();
    accepted();
  };
  const changes = [...data.changes].sort((one, other) => weight(other) - weight(one));
  const shown = isWhole ? changes : changes.slice(0, SHOWN);
  return (
    <div class="details">
      {fault !== undefined && <Failed error={fault} />}
      <ol class="changes">
        {shown.map((change) => (
          <li key={`${change.kind} ${change.name}`}>
            <DefinitionDiff change={change} />
            {NAMED.has(change.kind) && changes.length > 1 && (
              <p class="buttons">
                <button
                  type="button"
                  class="quiet"
                  disabled={!mayWrite || isBusy}
                  onClick={() => void accept(change.to === undefined ? [change.name] : [change.name, change.to])}
                >
                  Accept this one
                  <span class="hidden">: {change.name}</span>
                </button>
              </p>
            )}
          </li>
        ))}
      </ol>
      {shown.length < changes.length && (
        <button type="button" class="quiet" onClick={() => setIsWhole(true)}>
          Show all {changes.length}
        </button>
      )}
      <p class="buttons">
        <button type="button" disabled={!mayWrite || isBusy} onClick={() => void accept([])}>
          {changes.length === 1 ? 'Accept this change' : `Accept all ${changes.length} changes`}
        </button>
        {mayWrite ? (
          <span class="note">Only what is shown here: if the server changed again meanwhile, nothing is accepted.</span>
        ) : (
          <span class="note">To accept here, start the page with “agent-mcp-gateway ui --write”.</span>
        )}
      </p>
    </div>
  );
}

/** Kinds that can be accepted by themselves. */
const NAMED: ReadonlySet<string> = new Set(['tool', 'prompt', 'template', 'skill']);
const LEVELS = ['low', 'medium', 'high'];

/** Changes in which the scan finds something come first, then those that are held back. */
function weight({ findings, isHeld }: ChangedDefinition): number {
  return 2 * Math.max(-1, ...findings.map(({ level }) => LEVELS.indexOf(level))) + (isHeld ? 1 : 0);
}

function NothingChanged({ known }: { readonly known: boolean }) {
  if (known) {
    return (
      <Empty title="Nothing changed">
        <p>What servers said of their tools when they were seen last is what was accepted.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No definition is locked yet">
      <p>
        A server that is updated, or taken over, can say something else tomorrow. Lock what you have, and every change
        waits here until you accept it:
      </p>
      <Command>agent-mcp-gateway definitions lock</Command>
      <p>
        with <code>{'"definitions": { "*": "quarantine" }'}</code> in the rules file.
      </p>
    </Empty>
  );
}

function AllServers({ servers }: { readonly servers: readonly ServerDefinitions[] }) {
  return (
    <details class="card">
      <summary>All {counted(servers.length, 'server')}</summary>
      <Scroll label="Definitions of each server">
        <table>
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">Mode</th>
              <th scope="col" class="number">
                Accepted
              </th>
              <th scope="col" class="number">
                Changes
              </th>
              <th scope="col" class="number">
                Held back
              </th>
            </tr>
          </thead>
          <tbody>
            {servers.map(({ server, mode, isLocked, accepted, changes, held }) => (
              <tr key={server}>
                <th scope="row">
                  <bdi>{server}</bdi>
                </th>
                <td>{mode}</td>
                <td class="number">{isLocked ? accepted : <span class="note">not locked</span>}</td>
                <td class="number">{changes === 0 ? '' : changes}</td>
                <td class="number">{held === 0 ? '' : held}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}
