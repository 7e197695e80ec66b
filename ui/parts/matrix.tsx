import { useRef, useState } from 'preact/hooks';
import type { MatrixData, MatrixLine } from '../../src/ui/api.ts';
import { get } from '../api.ts';
import { useWindow } from '../use-window.ts';
import { Empty } from './empty.tsx';
import { OUTCOME_WORDS as WORDS } from './figures.tsx';

const SIGNS = { ALLOW: '✓', ASK: '?', DEPENDS: '✓?', DENY: '✕', SHADOW: '✓*' } as const;
/** Pixels. */
const ROW = 34;
const COLUMN = 116;
const HEAD = 38;

/** A row with what its cells are. */
type ShownRow = MatrixLine & Pick<MatrixData, 'outcomes'>;

/** Agents x servers x tools. Only what can be seen is drawn: there may be hundreds of each. */
export function Matrix({ matrix }: { readonly matrix: MatrixData }) {
  const { agents, rows, shadow, unknown, isCut, outcomes } = matrix;
  const [filter, setFilter] = useState('');
  const [agentFilter, setAgentFilter] = useState('');
  /** Servers whose tools are hidden, or, where not all tools are here, those whose tools were loaded. */
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => new Set());
  const [loaded, setLoaded] = useState<ReadonlyMap<string, MatrixData>>(() => new Map());
  if (agents.length === 0) return <Empty title="The rules have no agent" />;
  const toggle = (server: string): void => {
    if (isCut && !loaded.has(server)) {
      void get<MatrixData>(`rules/tools/${encodeURIComponent(server)}`).then((tools) =>
        setLoaded((before) => new Map(before).set(server, tools)),
      );
      return;
    }
    const next = new Set(closed);
    if (!next.delete(server)) next.add(server);
    setClosed(next);
  };
  const all = rows.flatMap((row): readonly ShownRow[] => {
    const tools = loaded.get(row.server);
    const own = { ...row, outcomes };
    return tools === undefined ? [own] : [own, ...tools.rows.map((line) => ({ ...line, outcomes: tools.outcomes }))];
  });
  const wanted = filter.toLowerCase();
  const shown = all.filter(
    ({ server, tool }) =>
      (tool === null || !closed.has(server)) && `${server} ${tool ?? ''}`.toLowerCase().includes(wanted),
  );
  const columns = agents
    .map((agent, at) => ({ agent, at }))
    .filter(({ agent }) => agent.toLowerCase().includes(agentFilter.toLowerCase()));
  const isOpen = (server: string): boolean => (isCut ? loaded.has(server) && !closed.has(server) : !closed.has(server));
  return (
    <>
      <div class="filters">
        <Search label="servers and tools" value={filter} change={setFilter} />
        {agents.length > 6 && <Search label="agents" value={agentFilter} change={setAgentFilter} />}
        <Legend hasShadow={shadow.length > 0} />
      </div>
      {isCut && <p class="note">There are many tools: those of a server are shown once it is opened.</p>}
      <Grid {...{ matrix, shown, columns, isOpen, toggle }} unknown={new Set(unknown)} />
    </>
  );
}

function Search({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="search"
        placeholder="part of a name"
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}

function Legend({ hasShadow }: { readonly hasShadow: boolean }) {
  return (
    <p class="legend">
      {(['ALLOW', 'ASK', 'DEPENDS', 'DENY', ...(hasShadow ? (['SHADOW'] as const) : [])] as const).map((outcome) => (
        <span key={outcome}>
          <span class={`cell ${outcome.toLowerCase()}`} aria-hidden="true">
            {SIGNS[outcome]}
          </span>{' '}
          {WORDS[outcome]}
        </span>
      ))}
    </p>
  );
}

interface GridProps {
  readonly matrix: MatrixData;
  readonly shown: readonly ShownRow[];
  readonly columns: readonly { readonly agent: string; readonly at: number }[];
  readonly unknown: ReadonlySet<string>;
  readonly isOpen: (server: string) => boolean;
  readonly toggle: (server: string) => void;
}

function Grid({ matrix: { shadow }, shown, columns, unknown, isOpen, toggle }: GridProps) {
  const box = useRef<HTMLElement>(null);
  const seen = useWindow(
    box,
    { count: shown.length, size: ROW, before: HEAD },
    { count: columns.length, size: COLUMN, before: 0 },
  );
  const [left, right] = [seen.columns.from * COLUMN, (columns.length - seen.columns.to) * COLUMN];
  const visible = columns.slice(seen.columns.from, seen.columns.to);
  const gap = (width: number) => width > 0 && <td class="gap" aria-hidden="true" />;
  return (
    <section ref={box} class="scroll matrix" tabIndex={0} aria-label="Agents, servers and tools">
      <table
        style={{ width: `calc(var(--first) + ${columns.length * COLUMN}px)` }}
        aria-rowcount={shown.length + 1}
        aria-colcount={columns.length + 1}
      >
        <colgroup>
          <col class="first" />
          {left > 0 && <col style={{ width: `${left}px` }} />}
          {visible.map(({ agent }) => (
            <col key={agent} style={{ width: `${COLUMN}px` }} />
          ))}
          {right > 0 && <col style={{ width: `${right}px` }} />}
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Server and tool</th>
            {gap(left)}
            {visible.map(({ agent, at }) => (
              <th scope="col" key={agent} title={agent} aria-colindex={at + 2}>
                <bdi>{agent}</bdi>
                {shadow.includes(agent) && <small> shadow</small>}
              </th>
            ))}
            {gap(right)}
            <td class="gap" aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          <tr class="gap">
            <td style={{ height: `${seen.rows.from * ROW}px` }} />
          </tr>
          {shown.slice(seen.rows.from, seen.rows.to).map(({ server, tool, cells, outcomes }, at) => (
            <tr
              key={`${server}\n${tool ?? ''}`}
              class={tool === null ? 'group' : undefined}
              aria-rowindex={seen.rows.from + at + 2}
            >
              <th scope="row" title={tool ?? server}>
                {tool === null ? (
                  <button type="button" class="link" aria-expanded={isOpen(server)} onClick={() => toggle(server)}>
                    <bdi>{server}</bdi>
                    {unknown.has(server) && <small> tools not known yet</small>}
                  </button>
                ) : (
                  <bdi>{tool}</bdi>
                )}
              </th>
              {gap(left)}
              {visible.map((column) => (
                <Cell key={column.agent} outcome={outcomes[cells[column.at] ?? -1]} />
              ))}
              {gap(right)}
              <td class="gap" aria-hidden="true" />
            </tr>
          ))}
          <tr class="gap">
            <td style={{ height: `${(shown.length - seen.rows.to) * ROW}px` }} />
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Cell({ outcome: decided }: { readonly outcome: MatrixData['outcomes'][number] | undefined }) {
  const { outcome, rule } = decided ?? { outcome: 'DENY', rule: 'default_deny' };
  return (
    <td class={`cell ${outcome.toLowerCase()}`} title={`${WORDS[outcome]}: ${rule}`}>
      <span aria-hidden="true">{SIGNS[outcome]}</span>
      <span class="hidden">
        {WORDS[outcome]}: {rule}
      </span>
    </td>
  );
}
