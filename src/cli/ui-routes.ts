/** The data of the page, and where it comes from: the audit log, the control sockets of running gateways, the rules file. */

import { existsSync } from 'node:fs';
import type { ControlRequest } from '../admin/control-socket.ts';
import { callStatistics, type Grouping } from '../audit/query/call-statistics.ts';
import { recentCalls, recordsOf } from '../audit/query/recent-calls.ts';
import type { RecordQuery } from '../audit/query/record-filter.ts';
import { countedCalls } from '../audit/summaries/counted-calls.ts';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ApprovalsReport, Calls, Now, RequestRecords, RunningGateway, Stats } from '../ui/api.ts';
import { CallWatch } from '../ui/call-watch.ts';
import type { Route, UiRequest } from '../ui/route.ts';
import { giveAt, isAnswer, questionAmong } from './approvals-run.ts';
import { askRunning, type ControlLine } from './control-client.ts';
import { readingLog } from './past-log.ts';
import { instantBefore } from './since.ts';
import { acceptShown, changesOf, definitionsOfAll } from './ui-definitions.ts';
import { compareRules, currentRules, toolsOf } from './ui-rules.ts';
import { UiSignIns } from './ui-sign-ins.ts';

/** Calls that are sent at one time. */
const MOST_CALLS = 200;
/** Milliseconds until definitions are looked at again. */
const HELD_MS = 5000;

/** The gateways that the page is about. */
export interface UiSource {
  readonly settings: Settings;
  /** The folder of the control sockets of all gateways of this account, or the socket of the one that serves the page. */
  readonly sockets: string;
  /** True where whoever looks has this account: they can read what is on its disk anyway. */
  readonly isOwner: boolean;
}

interface UiRoutes {
  readonly routes: readonly Route[];
  /** Ends what the page began. */
  close(): Promise<void>;
}

export function uiRoutes(source: UiSource): UiRoutes {
  const { settings } = source;
  const held = kept(HELD_MS, () => heldServers(settings));
  const watch = new CallWatch(settings.auditLog);
  const signIns = new UiSignIns(settings);
  const routes = [
    ...pastRoutes(settings),
    { method: 'GET', path: 'feed', follow: (send) => watch.follow(send) },
    ...definitionRoutes(settings),
    ...serverRoutes(source, signIns),
    ...approvalRoutes(source),
    { method: 'GET', path: 'now', answer: ({ mayWrite }) => now(source, watch, held, mayWrite) },
    { method: 'GET', path: 'rules', answer: () => currentRules(source) },
    { method: 'GET', path: 'rules/tools/:server', answer: ({ names: [server = ''] }) => toolsOf(settings, server) },
    { method: 'POST', path: 'rules/compare', answer: ({ body }) => compareRules(settings, body) },
  ] satisfies readonly Route[];
  return {
    routes,
    close: () => {
      watch.close();
      return signIns.close();
    },
  };
}

function pastRoutes({ auditLog: log }: Settings): readonly Route[] {
  return [
    { method: 'GET', path: 'calls', answer: ({ query }) => calls(log, query) },
    {
      method: 'GET',
      path: 'calls/:id',
      answer: ({ names: [id = ''] }): RequestRecords => pastOf(log, () => recordsOf(log, id)),
    },
    { method: 'GET', path: 'stats', answer: ({ query }) => stats(log, query) },
  ];
}

function definitionRoutes(settings: Settings): readonly Route[] {
  return [
    { method: 'GET', path: 'definitions', answer: () => definitionsOfAll(settings) },
    { method: 'GET', path: 'definitions/:server', answer: ({ names: [server = ''] }) => changesOf(settings, server) },
    {
      method: 'POST',
      path: 'definitions/:server/accept',
      writes: true,
      answer: ({ names: [server = ''], body, who }) => acceptShown(settings, server, body, `${who} (web)`),
    },
  ];
}

function serverRoutes(source: UiSource, signIns: UiSignIns): readonly Route[] {
  const control =
    (what: 'restart' | 'stop') =>
    ({ names: [name = ''] }: UiRequest): Promise<object> =>
      order(source, name, what);
  return [
    { method: 'GET', path: 'servers/:name/output', answer: ({ names: [name = ''] }) => output(source, name) },
    { method: 'POST', path: 'servers/:name/restart', writes: true, answer: control('restart') },
    { method: 'POST', path: 'servers/:name/stop', writes: true, answer: control('stop') },
    { method: 'GET', path: 'servers/:name/sign-ins', answer: ({ names: [name = ''] }) => signIns.of(name) },
    {
      method: 'POST',
      path: 'servers/:name/sign-in',
      writes: true,
      answer: ({ names: [name = ''] }) => {
        // Its last page is an address of this machine, where the browser of anybody else is not.
        if (source.isOwner) return signIns.begin(name);
        throw new GatewayError('USAGE', `Sign in where the gateway runs: agent-mcp-gateway auth login ${name}.`);
      },
    },
  ];
}

function approvalRoutes(source: UiSource): readonly Route[] {
  return [
    { method: 'GET', path: 'approvals', answer: ({ mayWrite }) => shownQuestions(source, mayWrite) },
    { method: 'POST', path: 'approvals/:id', writes: true, answer: (request) => answerQuestion(source, request) },
  ];
}

async function now(source: UiSource, watch: CallWatch, held: () => Promise<number>, mayWrite: boolean): Promise<Now> {
  const gateways = await running(source);
  return { mayWrite, gateways, hour: watch.lastHour(), waiting: (await questions(source)).length, held: await held() };
}

/** Servers with definitions that wait; none where the configuration cannot be read, which another view says. */
async function heldServers(settings: Settings): Promise<number> {
  try {
    return (await definitionsOfAll(settings)).filter(({ held }) => held > 0).length;
  } catch (error) {
    if (error instanceof GatewayError) return 0;
    throw error;
  }
}

/** Keeps results for a while. */
function kept<T>(ms: number, find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (found === undefined || performance.now() >= until) {
      found = find();
      until = performance.now() + ms;
    }
    return found;
  };
}

async function running(source: UiSource): Promise<readonly RunningGateway[]> {
  const [status, spending] = await Promise.all([asked(source, { do: 'status' }), asked(source, { do: 'stats' })]);
  return status.flatMap(({ gateway, servers }) => {
    if (gateway === undefined || servers === undefined) return [];
    const agents = spending.find((line) => line.gateway?.pid === gateway.pid)?.stats ?? [];
    return [{ gateway, servers, agents }];
  });
}

async function asked({ sockets }: UiSource, request: ControlRequest): Promise<readonly ControlLine[]> {
  return (await askRunning(sockets, request)).flatMap(({ lines }) => lines);
}

/** Calls that wait for a person: all gateways know the same ones. */
async function questions(source: UiSource): Promise<ApprovalsReport> {
  const known = (await asked(source, { do: 'questions' })).find((line) => line.questions !== undefined);
  return known?.questions ?? [];
}

/** Values of arguments are for those who have to decide. */
async function shownQuestions(source: UiSource, mayWrite: boolean): Promise<ApprovalsReport> {
  const all = await questions(source);
  if (source.isOwner || mayWrite) return all;
  return all.map((question) => ({ ...question, text: '', arguments: question.arguments.map(withoutValue) }));
}

function withoutValue<T extends { readonly text: string }>(argument: T): T {
  return { ...argument, text: 'shown to those who may answer' };
}

async function answerQuestion(source: UiSource, { names: [id = ''], body, who }: UiRequest): Promise<object> {
  const { word, reason } = (body ?? {}) as { readonly word?: unknown; readonly reason?: unknown };
  if (typeof word !== 'string' || !isAnswer(word)) throw new GatewayError('INVALID_PARAMS', 'word must be an answer.');
  const said = { word, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
  await giveAt(source.sockets, questionAmong(await questions(source), id), said, { who, way: 'web' });
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
  return pastOf(log, () => callStatistics(countedCalls(log, query), by));
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
async function output(source: UiSource, server: string): Promise<{ readonly text: string }> {
  const lines = await asked(source, { do: 'logs', server });
  return { text: lines.map(({ text = '' }) => text).join('') };
}

async function order(source: UiSource, server: string, what: 'restart' | 'stop'): Promise<object> {
  const lines = await asked(source, { do: what, server });
  if (lines.some(({ done }) => done === true)) return { done: true };
  throw new GatewayError('SERVER_UNAVAILABLE', lines[0]?.error ?? 'No gateway of this account is running.');
}
