/** The data of the page, and where it comes from: the audit log, the control sockets of running gateways, the rules file. */
import { existsSync } from 'node:fs';
import type { ControlRequest } from '../admin/control-socket.ts';
import { callStatistics, type Grouping } from '../audit/query/call-statistics.ts';
import { recentCalls, recordsOf } from '../audit/query/recent-calls.ts';
import type { RecordQuery } from '../audit/query/record-filter.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Approvals, Calls, Now, RequestRecords, RunningGateway, Stats } from '../ui/api.ts';
import { sendFeed } from '../ui/call-feed.ts';
import type { Route, UiRequest } from '../ui/ui-server.ts';
import { user } from './accept-definitions.ts';
import { give, isAnswer, questionNamed } from './approvals-run.ts';
import { askRunning, type ControlLine } from './control-client.ts';
import { readingLog } from './past-log.ts';
import { instantBefore } from './since.ts';
import { acceptShown, changesOf, definitionsOfAll } from './ui-definitions.ts';
import { compareRules, currentRules } from './ui-rules.ts';

/** Calls that are sent at one time. */
const MOST_CALLS = 200;

export function uiRoutes(settings: Settings, mayWrite: boolean): readonly Route[] {
  const log = settings.auditLog;
  return [
    { method: 'GET', path: 'now', answer: () => now(settings, mayWrite) },
    { method: 'GET', path: 'calls', answer: ({ query }) => calls(log, query) },
    {
      method: 'GET',
      path: 'calls/:id',
      answer: ({ names: [id = ''] }): RequestRecords => pastOf(log, () => recordsOf(log, id)),
    },
    { method: 'GET', path: 'stats', answer: ({ query }) => stats(log, query) },
    { method: 'GET', path: 'feed', answer: ({ response }) => sendFeed(log, response) },
    { method: 'GET', path: 'rules', answer: () => currentRules(settings) },
    { method: 'POST', path: 'rules/compare', answer: ({ body }) => compareRules(settings, body) },
    { method: 'GET', path: 'definitions', answer: () => definitionsOfAll(settings) },
    { method: 'GET', path: 'definitions/:server', answer: ({ names: [server = ''] }) => changesOf(settings, server) },
    {
      method: 'POST',
      path: 'definitions/:server/accept',
      writes: true,
      answer: ({ names: [server = ''], body }) => acceptShown(settings, server, body, `${user()} (web)`),
    },
    { method: 'GET', path: 'approvals', answer: () => questions(settings) },
    { method: 'POST', path: 'approvals/:id', writes: true, answer: (request) => answerQuestion(settings, request) },
    { method: 'GET', path: 'servers/:name/output', answer: ({ names: [name = ''] }) => output(settings, name) },
    {
      method: 'POST',
      path: 'servers/:name/restart',
      writes: true,
      answer: (request) => control(settings, request, 'restart'),
    },
    {
      method: 'POST',
      path: 'servers/:name/stop',
      writes: true,
      answer: (request) => control(settings, request, 'stop'),
    },
  ];
}

async function now(settings: Settings, mayWrite: boolean): Promise<Now> {
  const gateways = await running(settings);
  const lastHour = statsSince(settings.auditLog, 'server', { since: Date.now() - 3_600_000 });
  return { mayWrite, gateways, lastHour, waiting: (await questions(settings)).length };
}

async function running(settings: Settings): Promise<readonly RunningGateway[]> {
  const [status, spending] = await Promise.all([asked(settings, { do: 'status' }), asked(settings, { do: 'stats' })]);
  return status.flatMap(({ gateway, servers }) => {
    if (gateway === undefined || servers === undefined) return [];
    const agents = spending.find((line) => line.gateway?.pid === gateway.pid)?.stats ?? [];
    return [{ gateway, servers, agents }];
  });
}

async function asked(settings: Settings, request: ControlRequest): Promise<readonly ControlLine[]> {
  return (await askRunning(runtimeDir(settings), request)).flatMap(({ lines }) => lines);
}

/** Calls that wait for a person: all gateways know the same ones. */
async function questions(settings: Settings): Promise<Approvals> {
  const known = (await asked(settings, { do: 'questions' })).find((line) => line.questions !== undefined);
  return known?.questions ?? [];
}

async function answerQuestion(settings: Settings, { names: [id = ''], body }: UiRequest): Promise<object> {
  const { word, reason } = (body ?? {}) as { readonly word?: unknown; readonly reason?: unknown };
  if (typeof word !== 'string' || !isAnswer(word)) throw new GatewayError('INVALID_PARAMS', 'word must be an answer.');
  const said = { word, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
  await give(settings, await questionNamed(settings, id), said, 'web');
  return { done: true };
}

function calls(log: string, query: URLSearchParams): Calls {
  const found = pastOf(log, () => {
    const first = [];
    for (const call of recentCalls(log, queryOf(query))) {
      first.push(call);
      if (first.length > MOST_CALLS) break;
    }
    return first;
  });
  return { calls: found.slice(0, MOST_CALLS), isCut: found.length > MOST_CALLS };
}

function stats(log: string, query: URLSearchParams): Stats {
  const by = query.get('by') ?? 'tool';
  return statsSince(log, GROUPINGS.find((one) => one === by) ?? 'tool', queryOf(query));
}

const GROUPINGS: readonly Grouping[] = ['agent', 'server', 'tool', 'rule', 'code', 'day'];

function statsSince(log: string, by: Grouping, query: RecordQuery): Stats {
  return pastOf(log, () => callStatistics(recentCalls(log, query), by));
}

/** Nothing was ever recorded where there is no log. */
function pastOf<T>(log: string, read: () => T[]): T[] {
  return existsSync(log) ? readingLog(log, read) : [];
}

function queryOf(query: URLSearchParams): RecordQuery {
  const text = (name: string): string | undefined => query.get(name) || undefined;
  const instant = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : instantBefore(value, Date.now(), name);
  };
  return {
    agent: text('agent'),
    server: text('server'),
    tool: text('tool'),
    principal: text('principal'),
    rule: text('rule'),
    code: text('code'),
    decision: text('decision'),
    since: instant('since'),
    until: instant('until'),
  };
}

/** The output of a server on standard error, in every gateway that has it. */
async function output(settings: Settings, server: string): Promise<{ readonly text: string }> {
  const lines = await asked(settings, { do: 'logs', server });
  return { text: lines.map(({ text = '' }) => text).join('') };
}

async function control(
  settings: Settings,
  { names: [server = ''] }: UiRequest,
  what: ControlRequest['do'],
): Promise<object> {
  const lines = await asked(settings, { do: what, server });
  if (lines.some(({ done }) => done === true)) return { done: true };
  throw new GatewayError('SERVER_UNAVAILABLE', lines[0]?.error ?? 'No gateway of this account is running.');
}
