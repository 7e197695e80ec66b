import { useState } from 'preact/hooks';
import { isEvent } from '../../src/audit/query/call-cell.ts';
import type { Calls as CallsData, RequestRecords, Stats } from '../../src/ui/api.ts';
import { Empty, Failed, FirstSteps, Loading } from '../parts/empty.tsx';
import { Decision, duration, number, reasonOf, Time } from '../parts/figures.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Waterfall } from '../parts/waterfall.tsx';
import { useData } from '../use-data.ts';

const DECISIONS = [
  ['', 'All'],
  ['ALLOW', 'Allowed'],
  ['DENY', 'Denied'],
  ['ERROR', 'Failed'],
] as const;

const SINCE = [
  ['1h', 'Last hour'],
  ['24h', 'Last day'],
  ['7d', 'Last week'],
  ['', 'Any time'],
] as const;

/** Groups that are shown: those with the most. */
const MOST_ROWS = 500;

const GROUPINGS = ['tool', 'server', 'agent', 'rule', 'code', 'day'] as const;

/** Past calls: filtered, counted, and one of them whole. */
export function Calls({ query }: { readonly query: URLSearchParams }) {
  const request = query.get('request');
  const by = query.get('by');
  return (
    <>
      <Filters query={query} />
      {by === null ? <CallTable query={query} open={request} /> : <Counts query={query} by={by} />}
    </>
  );
}

/** Goes to the same view with something else in its address. */
function go(query: URLSearchParams, changes: Readonly<Record<string, string | null>>): void {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  location.hash = `#/calls?${next}`;
}

function Filters({ query }: { readonly query: URLSearchParams }) {
  const change = (name: string) => (event: Event) =>
    go(query, { [name]: (event.currentTarget as HTMLInputElement).value, request: null });
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="chips">
        <legend>Decision</legend>
        {DECISIONS.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="decision"
              checked={(query.get('decision') ?? '') === value}
              onChange={() => go(query, { decision: value, request: null })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {(['agent', 'server', 'tool'] as const).map((name) => (
        <label key={name} class="field">
          <span>{name}</span>
          <input type="search" placeholder="any, or a pattern*" value={query.get(name) ?? ''} onChange={change(name)} />
        </label>
      ))}
      <label class="field">
        <span>time</span>
        <select value={query.get('since') ?? ''} onChange={change('since')}>
          {SINCE.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>show</span>
        <select value={query.get('by') ?? ''} onChange={change('by')}>
          <option value="">each call</option>
          {GROUPINGS.map((name) => (
            <option key={name} value={name}>
              counts by {name}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function CallTable({ query, open }: { readonly query: URLSearchParams; readonly open: string | null }) {
  const { data, error, again } = useData<CallsData>(`calls?${withoutOwn(query)}`);
  if (error !== undefined) return <Failed error={error} />;
  if (data === undefined) return <Loading />;
  if (data.calls.length === 0) return <NoCalls query={query} />;
  return (
    <>
      {open !== null && <OneCall id={open} close={() => go(query, { request: null })} />}
      <p class="above">
        {data.isCut
          ? `The newest ${data.calls.length}`
          : data.calls.length === 1
            ? '1 call'
            : `${data.calls.length} calls`}
        <button type="button" class="quiet" onClick={again}>
          Look again
        </button>
      </p>
      <Scroll label="Calls">
        <table class="calls">
          <thead>
            <tr>
              <th scope="col">Decision</th>
              <th scope="col">Time</th>
              <th scope="col">Agent</th>
              <th scope="col">Server</th>
              <th scope="col">Tool</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {data.calls.map((call, at) => (
              <tr key={`${call.request_id}-${at}`} class={call.request_id === open ? 'chosen' : undefined}>
                <td>{isEvent(call) ? <span class="badge">event</span> : <Decision call={call} />}</td>
                <td>
                  <Time at={call.timestamp} />
                </td>
                <td>
                  <bdi>{call.agent_id ?? ''}</bdi>
                </td>
                <td>
                  <bdi>{call.server ?? ''}</bdi>
                </td>
                <td>
                  {call.request_id === '' ? (
                    call.operation.replaceAll('_', ' ')
                  ) : (
                    <button type="button" class="link" onClick={() => go(query, { request: call.request_id })}>
                      <bdi>{call.tool ?? call.operation}</bdi>
                    </button>
                  )}
                </td>
                <td class="number">{isEvent(call) ? '' : duration(call.latency_ms)}</td>
                <td class="why">
                  <bdi>{reasonOf(call)}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function NoCalls({ query }: { readonly query: URLSearchParams }) {
  const isFiltered = [...query.keys()].length > 0;
  if (!isFiltered) {
    return (
      <Empty title="No calls yet">
        <FirstSteps />
      </Empty>
    );
  }
  return (
    <Empty title="No call matches">
      <p>
        <a href="#/calls">Show all calls</a>
      </p>
    </Empty>
  );
}

function withoutOwn(query: URLSearchParams): string {
  const own = new URLSearchParams(query);
  for (const name of ['request', 'by']) own.delete(name);
  return own.toString();
}

/** Everything about one call: what happened when, and what its records say. */
function OneCall({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { data, error } = useData<RequestRecords>(`calls/${encodeURIComponent(id)}`);
  const [first] = data ?? [];
  return (
    <section class="card" aria-labelledby="one-call">
      <div class="above">
        <h2 id="one-call">Request {id}</h2>
        <button type="button" class="quiet" onClick={close}>
          Close
        </button>
      </div>
      {error !== undefined && <Failed error={error} />}
      {first !== undefined && data !== undefined && (
        <>
          <Waterfall records={data} />
          <dl class="facts">
            {facts(data).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {data?.length === 0 && <p>The audit log has no record of it any more.</p>}
    </section>
  );
}

/** The fields of records in words, in this order; the rest of them behind it. */
const FACTS: readonly (readonly [keyof RequestRecords[number], string])[] = [
  ['decision', 'Decision'],
  ['rule', 'Rule that decided'],
  ['error_code', 'Error'],
  ['agent_id', 'Agent'],
  ['claimed_agent', 'Claimed to be'],
  ['principal', 'Principal'],
  ['assurance', 'Assurance'],
  ['operation', 'Asked for with'],
  ['server', 'Server'],
  ['tool', 'Tool'],
  ['pointer', 'Argument that decided'],
  ['shadow', 'Not enforced'],
  ['tokens', 'Tokens read, estimated'],
];

function facts(records: RequestRecords): (readonly [string, string])[] {
  const calls = records.filter(({ operation }) => !operation.startsWith('approval_'));
  const all = Object.assign({}, ...calls) as Partial<RequestRecords[number]>;
  const detail = Object.entries(calls.find((record) => record.detail !== undefined)?.detail ?? {});
  return [
    ...FACTS.map(([name, label]) => [label, all[name]] as const),
    ['Arrived', records[0] === undefined ? '' : new Date(records[0].timestamp).toLocaleString()] as const,
    ...detail.map(([name, value]) => [name.replaceAll('_', ' '), value] as const),
  ].flatMap(([name, value]) => {
    if (value === null || value === undefined || value === '') return [];
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const];
  });
}

function Counts({ query, by }: { readonly query: URLSearchParams; readonly by: string }) {
  const own = withoutOwn(query);
  const { data, error } = useData<Stats>(`stats?by=${encodeURIComponent(by)}&${own}`);
  const [order, setOrder] = useState<'calls' | 'denied' | 'errors' | 'p95_ms'>('calls');
  if (error !== undefined) return <Failed error={error} />;
  if (data === undefined) return <Loading />;
  if (data.length === 0) return <NoCalls query={query} />;
  const rows = by === 'day' ? data : data.toSorted((one, other) => (other[order] ?? 0) - (one[order] ?? 0));
  const most = Math.max(...rows.map(({ calls }) => calls));
  const head = (name: typeof order, label: string) => (
    <th scope="col" class="number" aria-sort={order === name && by !== 'day' ? 'descending' : undefined}>
      <button type="button" class="link" onClick={() => setOrder(name)}>
        {label}
      </button>
    </th>
  );
  return (
    <Scroll label="Counts">
      <table class="counts">
        <thead>
          <tr>
            <th scope="col">{by}</th>
            {head('calls', 'Calls')}
            <th scope="col" class="wide">
              <span class="hidden">Share</span>
            </th>
            {head('denied', 'Denied')}
            {head('errors', 'Failed')}
            <th scope="col" class="number">
              p50
            </th>
            {head('p95_ms', 'p95')}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.group.join('\n')}>
              <th scope="row">
                <bdi>{row.group.map((name) => name ?? '–').join(' / ')}</bdi>
              </th>
              <td class="number">{number(row.calls)}</td>
              <td class="wide">
                <span class="bar serve" style={{ width: `${Math.max(1, (row.calls / most) * 100)}%` }} />
              </td>
              <td class="number">{row.denied === 0 ? '' : number(row.denied)}</td>
              <td class="number">{row.errors === 0 ? '' : number(row.errors)}</td>
              <td class="number">{duration(row.p50_ms)}</td>
              <td class="number">{duration(row.p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
