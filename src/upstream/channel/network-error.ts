/**
 * What a message of a server is about that names no request: all that 2025 programs ask and log, and what comes on the stream of
 * no call. It is nobody's where calls of several callers may have led to it.
 */

import type { Tenant } from '../contract.ts';
import { isKnown } from '../pool/sharing.ts';
import type { PendingRequest, PendingRequests } from '../rpc/pending-requests.ts';

/**
 * `call`: this one, or another one of its caller. `besides`: no open call; then it is for those whom the connection serves, of them
 * only this session where one is known. `unclear`: several callers may be meant, or one that cannot be reached any more.
 */
export type Cause =
  | { readonly kind: 'call'; readonly call: PendingRequest }
  | { readonly kind: 'besides'; readonly session: string | undefined }
  | { readonly kind: 'unclear' };

const UNCLEAR: Cause = { kind: 'unclear' };

/**
 * Looks at all that the server may work on: calls that are open, those that wait for an answer of their caller included.
 * @param stops whether the server says no more of a call that was given up
 */
export function causeOf(calls: Pick<PendingRequests, 'all' | 'givenUp'>, stops: boolean): Cause {
  let party: Tenant | undefined;
  let newest: PendingRequest | undefined;
  for (const call of calls.all()) {
    const { party: other } = call.options;
    if (other === undefined) continue;
    if (party !== undefined && !isOneCaller(party, other)) return UNCLEAR;
    party = other;
    // Of one caller any call will do that can be asked; the newest is the likeliest.
    if (newest === undefined || openness(call) >= openness(newest)) newest = call;
  }
  for (const other of stops ? [] : calls.givenUp()) {
    if (party !== undefined && !isOneCaller(party, other)) return UNCLEAR;
    party = other;
  }
  if (newest !== undefined) return { kind: 'call', call: newest };
  return party === undefined || isKnown(party) ? { kind: 'besides', session: party?.session } : UNCLEAR;
}

/** How much of a server reaches who made a call: questions, messages, or nothing of it, as where the gateway fetches a list. */
function openness({ options }: PendingRequest): number {
  if (options.onRequest !== undefined) return 2;
  return options.onNotification === undefined ? 0 : 1;
}

/** Whether somebody's call may be the cause of what the server says next. */
export function isBusy(calls: Pick<PendingRequests, 'all' | 'givenUp'>): boolean {
  for (const { options } of calls.all()) if (options.party !== undefined) return true;
  for (const _party of calls.givenUp()) return true;
  return false;
}

function isOneCaller(one: Tenant, other: Tenant): boolean {
  const isSame = one.principal === other.principal && one.session === other.session;
  return isSame && isKnown(one) && (one.session !== undefined || one.agent === other.agent);
}
