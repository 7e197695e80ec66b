/** Notifications and questions between a session of the 2025 revisions and its servers. */

import { serversOf, type View } from '../operations/server-methods/view.ts';
import { withMembers } from '../operations/virtual-tools.ts';
import type { Connection } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { tenantOf } from '../pipeline/tenant.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import { notificationText } from '../protocol/era-codec.ts';
import type { NotificationMessage } from '../protocol/json-rpc.ts';
import { isLoud, levelOf } from '../relay/log-level.ts';
import { relateTo } from '../relay/related-task.ts';
import { CALL_OVER, refusalOf } from '../relay/server-questions.ts';
import { Canceller, follow } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { pause } from '../shared/wait-for.ts';
import type { ClientAnswer, ServerRequest } from '../upstream/contract.ts';
import { relayedMembers } from '../upstream/rpc/response-text.ts';
import { passNotification } from './pass-notification.ts';
import type { SessionState } from './session.ts';
import type { StandingSession } from './subscriptions.ts';

/** Milliseconds a client has to answer what belongs to no request. */
const ANSWER_MS = 600_000;

/** Notifications that are about one hop: never passed on as they are. */
const OF_HOP: ReadonlySet<string> = new Set([
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/tasks/status',
]);

/** The way to a client that is there besides its requests: stdout, or the stream that it opened with GET. */
export interface Outlet {
  send(text: string): void;
  isOpen(): boolean;
}

/** @param view what the session sees: where it is one server as it is, notifications that nobody here knows pass too. */
export function standingOf(session: SessionState, outlet: Outlet, view: () => View): StandingSession {
  return {
    id: session.id,
    capabilities: session.offered.capabilities,
    said(method, params) {
      const { logLevel } = session;
      const isWanted =
        method === 'notifications/message'
          ? logLevel !== undefined && isLoud(levelOf(params), logLevel)
          : view().mode === 'single' && !OF_HOP.has(method);
      if (isWanted && outlet.isOpen()) outlet.send(notificationText(method, withoutTask(params)));
    },
    asked: (request) => (outlet.isOpen() ? ask(session, outlet, request) : undefined),
  };
}

async function ask(
  session: SessionState,
  outlet: Outlet,
  { method, params, withdrawn }: ServerRequest,
): Promise<ClientAnswer> {
  const refusal = refusalOf(session.offered, method, params);
  if (refusal !== undefined) return refusal;
  const over = new Canceller();
  const release = follow(over, withdrawn);
  const timer = setTimeout(() => over.abort(), ANSWER_MS).unref();
  try {
    await Promise.race([session.ready.promise, pause(Number.POSITIVE_INFINITY, over)]);
    // The way may have closed meanwhile.
    if (!outlet.isOpen()) return CALL_OVER;
    return await session.asks.ask(outlet.send, method, withoutTask(params), [over]);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Besides its requests a session is told of no task. */
function withoutTask(params: string): string {
  return relateTo(params, () => undefined).params;
}

/** Takes a notification of a client: of changed roots all servers hear that it may use, of what nobody here knows only one. */
export function notified(
  parts: PipelineDependencies,
  view: View,
  connection: Connection,
  session: SessionState,
  message: NotificationMessage,
): void {
  const { method, text, params } = message;
  if (method === 'notifications/initialized') session.ready.resolve();
  if (OF_HOP.has(method)) return;
  if (method !== 'notifications/roots/list_changed') {
    if (view.mode === 'single') void passNotification(parts, view.server, connection, session, message);
    return;
  }
  if (!tellsOfRoots(session)) return;
  const snapshot = parts.snapshot();
  const members = params === undefined ? '' : relayedMembers(text, params, () => true).members;
  try {
    const caller = connection.resolve(snapshot, undefined);
    const tenant = tenantOf({ connection, client: { session: session.id, ...session.offered } }, caller.agent);
    for (const name of withMembers(snapshot, serversOf(view, snapshot))) {
      const server = snapshot.servers.get(name);
      if (server === undefined || !decideUnderCeiling(snapshot.policy, caller, name, undefined).allowed) continue;
      parts.upstreams.notify(server, tenant, method, members);
    }
  } catch (error) {
    // Nobody knows whose servers are meant.
    if (!(error instanceof GatewayError)) throw error;
  }
}

function tellsOfRoots({ offered }: SessionState): boolean {
  const { roots } = JSON.parse(offered.capabilities) as { readonly roots?: { readonly listChanged?: unknown } };
  return roots?.listChanged === true;
}
