/** The caller of one request, as the relay sees it. */

import type { Inbound } from '../pipeline/caller.ts';
import { notificationText } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { findMember, type ScannedObject, stringValue, valueText } from '../protocol/members.ts';
import { META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL } from '../protocol/revisions.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { isLogLevel } from '../relay/log-level.ts';
import { NOTHING_OFFERED, offeredOf } from '../relay/offered-capabilities.ts';
import type { Exchange } from './handler.ts';
import { introducedName, progressOf } from './request-meta.ts';
import type { SessionState } from './session.ts';

/** A caller of the 2025 revisions: what was negotiated holds for the whole session. */
export function legacyClient(session: SessionState, exchange: Exchange): CallingClient {
  const { asks } = session;
  const { capabilities, requestCapabilities } = exchange.streams ? session.offered : NOTHING_OFFERED;
  const { signal } = exchange;
  return {
    capabilities,
    requestCapabilities,
    era: 'legacy',
    name: () => session.clientName,
    session: session.id,
    logLevel: session.logLevel,
    ask: exchange.streams
      ? (method, params, withdrawn) =>
          asks.ask(exchange.notify, method, params, withdrawn === undefined ? [signal] : [signal, withdrawn])
      : undefined,
    tell: (method, params) => exchange.notify(notificationText(method, params)),
    header: undefined,
    retry: undefined,
  };
}

/** A caller of 2026-07-28: everything is in the request. */
export function modernClient({ text, params }: RequestMessage, exchange: Exchange): CallingClient {
  const meta = findMember(params, '_meta')?.object;
  const declared = valueText(text, findMember(meta, META_CLIENT_CAPABILITIES));
  const offered = offeredOf(declared, 'modern', exchange.server !== undefined);
  const inputResponses = findMember(params, 'inputResponses');
  const requestState = findMember(params, 'requestState');
  const isRetry = inputResponses !== undefined || requestState !== undefined;
  return {
    capabilities: offered.capabilities,
    requestCapabilities: offered.requestCapabilities,
    era: 'modern',
    name: () => introducedName(text, findMember(meta, META_CLIENT_INFO)),
    session: undefined,
    logLevel: logLevelOf(text, meta),
    ask: undefined,
    tell: (method, notified) => exchange.notify(notificationText(method, notified)),
    header: exchange.header,
    retry: isRetry
      ? {
          inputResponses: valueText(text, inputResponses),
          requestState: stringValue(text, requestState),
        }
      : undefined,
  };
}

function logLevelOf(text: string, meta: ScannedObject | undefined): string | undefined {
  const level = stringValue(text, findMember(meta, META_LOG_LEVEL));
  return level !== undefined && isLogLevel(level) ? level : undefined;
}

/** A request as the pipeline takes it. */
export function inboundOf(request: RequestMessage, exchange: Exchange, client: CallingClient): Inbound {
  const { text, params } = request;
  const { connection, signal, span } = exchange;
  const onProgress = progressOf(request, exchange.notify);
  return { connection, text, params, signal, client, span, onProgress, onWait: undefined };
}
