/**
 * Finds out which call a message of a server is about that names none: all that 2025 programs ask and log, and what comes on the
 * stream of no call. Where calls of several callers may have led to it, it is about none of them.
 */
import type { RequestMessage } from '../../protocol/json-rpc.ts';
import { findMember, parsedValue } from '../../protocol/members.ts';
import { META_RELATED_TASK } from '../../protocol/revisions.ts';
import type { Tenant } from '../contract.ts';
import { isKnown } from '../pool/sharing.ts';
import type { PendingRequest, PendingRequests } from './pending-requests.ts';

/**
 * `call`: this one, or another one of its caller. `none`: no pending call; then it is for those whom the connection serves, of them
 * only this session where one is known. `unclear`: several callers may be meant, or one that cannot be reached any more.
 */
export type Cause =
  | { readonly kind: 'call'; readonly call: PendingRequest }
  | { readonly kind: 'none'; readonly session: string | undefined }
  | { readonly kind: 'unclear' };

/** All that a server may work on. */
type Work = Pick<PendingRequests, 'all' | 'abandonedCallers'>;

const UNCLEAR: Cause = { kind: 'unclear' };

/** The pending request for the result of the task that a question names (2025-11-25, basic/utilities/tasks, Related Task Metadata). */
export function waitingFor(
  requests: Pick<PendingRequests, 'all'>,
  { text, params }: RequestMessage,
): PendingRequest | undefined {
  if (!text.includes(META_RELATED_TASK)) return undefined;
  const meta = parsedValue(text, findMember(params, '_meta')) as Readonly<Record<string, unknown>> | undefined;
  const { taskId } = (meta?.[META_RELATED_TASK] ?? {}) as { readonly taskId?: unknown };
  if (typeof taskId !== 'string') return undefined;
  for (const call of requests.all()) {
    if (call.options.task === taskId && call.options.onRequest !== undefined) return call;
  }
  return undefined;
}

/**
 * Looks at all that the server may work on, calls that wait for an answer of their caller included.
 * @param stopsAtCancel true where the server says no more of a call that was given up
 */
export function causeOf(requests: Work, stopsAtCancel: boolean): Cause {
  let caller: Tenant | undefined;
  let newest: PendingRequest | undefined;
  for (const call of requests.all()) {
    const { caller: other } = call.options;
    if (other === undefined) continue;
    if (caller !== undefined && !isSameCaller(caller, other)) return UNCLEAR;
    caller = other;
    // Of one caller any call will do that can be asked; the newest is the likeliest.
    if (newest === undefined || openness(call) >= openness(newest)) newest = call;
  }
  for (const other of stopsAtCancel ? [] : requests.abandonedCallers()) {
    if (caller !== undefined && !isSameCaller(caller, other)) return UNCLEAR;
    caller = other;
  }
  if (newest !== undefined) return { kind: 'call', call: newest };
  return caller === undefined || isKnown(caller) ? { kind: 'none', session: caller?.session } : UNCLEAR;
}

/** The part of a server's messages that reaches who made a call: questions, messages, or nothing of it, as where the gateway fetches a list. */
function openness({ options }: PendingRequest): number {
  if (options.onRequest !== undefined) return 2;
  return options.onNotification === undefined ? 0 : 1;
}

/** True where somebody's call may be the cause of what the server says next. */
export function hasWork(requests: Work): boolean {
  for (const { options } of requests.all()) if (options.caller !== undefined) return true;
  for (const _caller of requests.abandonedCallers()) return true;
  return false;
}

function isSameCaller(one: Tenant, other: Tenant): boolean {
  const isSame = one.owner === other.owner && one.session === other.session;
  return isSame && isKnown(one) && (one.session !== undefined || one.agent === other.agent);
}
