/** The screen of `top`, as lines that fit a terminal. Pure. */
import type { GroupCounts } from '../audit/query/call-statistics.ts';
import type { LogRecord } from '../audit/query/log-record.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';
import { shownMs } from './shown-values.ts';
import { table } from './table.ts';

export interface TopFigures {
  /** ISO 8601. */
  readonly at: string;
  readonly gateways: number;
  readonly servers: readonly ServerReport[];
  /** Of the last ten minutes, by server and by agent. */
  readonly byServer: readonly GroupCounts[];
  readonly byAgent: readonly GroupCounts[];
  /** The newest first. */
  readonly calls: readonly LogRecord[];
}

interface TopLine {
  readonly text: string;
  /** Style of ECMA-48. */
  readonly style?: string;
}

/** Minutes that the counts are of. */
export const WINDOW_MINUTES = 10;
/** Columns of a terminal in which the parts of calls have room beside the last error. */
const WIDE = 110;
/** Rows that servers and agents have at most; the calls get what is left. */
const MOST = { servers: 8, agents: 5 } as const;
const PARTS = ['QUEUE', 'SERVING', 'GATEWAY'];
const BOLD = '1';
const DIM = '2';

/** @param height undefined for everything */
export function topLines(figures: TopFigures, width: number, height?: number): TopLine[] {
  const { at, gateways, servers, byAgent, calls } = figures;
  const sum = (of: 'calls' | 'denied' | 'errors'): number => byAgent.reduce((all, group) => all + group[of], 0);
  const head = [
    `${gateways === 1 ? '1 gateway' : `${gateways} gateways`}`,
    `${servers.filter(({ state }) => state === 'ready').length} of ${servers.length} servers ready`,
    `${perMinute(sum('calls'))} calls/min`,
    `${sum('denied')} denied, ${sum('errors')} failed in ${WINDOW_MINUTES} min`,
    at.slice(11, 19),
  ].join('   ');
  const isWide = width >= WIDE;
  const lines: TopLine[] = [
    { text: head, style: BOLD },
    ...section(
      [...['SERVER', 'STATE', 'CALLS', 'ERRORS', 'P50', 'P95'], ...(isWide ? PARTS : []), 'WAITING', 'LAST ERROR'],
      serverRows(figures, isWide),
      MOST.servers,
    ),
    ...section(['AGENT', 'CALLS/MIN', 'DENIED', 'FAILED'], agentRows(figures), MOST.agents),
  ];
  const room = height === undefined ? calls.length : Math.max(1, height - lines.length - 2);
  lines.push(...section(['CALL', 'AGENT', 'SERVER', 'TOOL', 'TOOK', ''], calls.map(callRow), room));
  return lines.slice(0, height).map(({ text, ...rest }) => ({ text: text.slice(0, width).trimEnd(), ...rest }));
}

function section(head: readonly string[], rows: readonly (readonly string[])[], most: number): TopLine[] {
  const [first = '', ...rest] = table([head, ...rows.slice(0, most)]);
  const hidden = rows.length - most;
  return [
    { text: '' },
    { text: hidden > 0 ? `${first.trimEnd()}   (${hidden} more)` : first, style: DIM },
    ...rest.map((text) => ({ text })),
  ];
}

/** Servers with a problem first, then those that are used most. */
function serverRows({ servers, byServer }: TopFigures, isWide: boolean): string[][] {
  const counts = new Map(byServer.map((group) => [group.group[0], group]));
  const rank = ({ last_error, state }: ServerReport): number => (last_error !== undefined && state !== 'ready' ? 0 : 1);
  const callsOf = ({ name }: ServerReport): number => counts.get(name)?.calls ?? 0;
  return servers
    .toSorted(
      (one, other) => rank(one) - rank(other) || callsOf(other) - callsOf(one) || (one.name < other.name ? -1 : 1),
    )
    .map((server) => {
      const { name, state, waiting = 0, last_error = '' } = server;
      const {
        calls = 0,
        errors = 0,
        p50_ms,
        p95_ms,
        queue_p95_ms,
        server_p95_ms,
        gateway_p95_ms,
      } = counts.get(name) ?? {};
      return [
        name,
        state,
        number(calls),
        number(errors),
        ...[p50_ms, p95_ms, ...(isWide ? [queue_p95_ms, server_p95_ms, gateway_p95_ms] : [])].map(shownMs),
        number(waiting),
        last_error,
      ];
    });
}

function agentRows({ byAgent }: TopFigures): string[][] {
  return byAgent.map(({ group: [agent], calls, denied, errors }) => [
    agent ?? '-',
    perMinute(calls),
    number(denied),
    number(errors),
  ]);
}

function callRow({
  timestamp,
  decision,
  agent_id,
  server,
  tool,
  operation,
  latency_ms,
  rule,
  error_code,
}: LogRecord): string[] {
  const why = decision === 'DENY' ? (rule ?? error_code ?? '') : (error_code ?? '');
  const what = [agent_id ?? '-', server ?? '-', tool ?? operation];
  return [`${timestamp.slice(11, 19)} ${decision}`, ...what, shownMs(latency_ms), why];
}

function perMinute(calls: number): string {
  const rate = calls / WINDOW_MINUTES;
  return rate >= 10 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);
}

function number(value: number): string {
  return value === 0 ? '' : String(value);
}
