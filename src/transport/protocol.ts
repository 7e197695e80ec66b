/** What the gateway answers to each method, in either era. Transports add framing, sessions and HTTP statuses. */
import type { Snapshot } from '../config/types.ts';
import { introduceOperation } from '../exposure/introduce.ts';
import { subscribeOperation } from '../exposure/subscribe.ts';
import type { View } from '../exposure/view.ts';
import { runOperation } from '../pipeline/call.ts';
import { toolsListOutcome } from '../pipeline/list.ts';
import type { PipelineParts } from '../pipeline/parts.ts';
import { callTool } from '../pipeline/tool-call.ts';
import type { Connection, Inbound, Outcome } from '../pipeline/types.ts';
import {
  type CallerCodec,
  errorText,
  legacyCodec,
  modernCodec,
  notificationText,
  ownResult,
} from '../protocol/codec.ts';
import { parsedValue, type RequestMessage, stringValue } from '../protocol/messages.ts';
import {
  isLegacy,
  isModern,
  LATEST_LEGACY,
  META_CLIENT_CAPABILITIES,
  META_VERSION,
  MODERN_REVISIONS,
} from '../protocol/revisions.ts';
import { findMember, type ScannedObject } from '../protocol/scan.ts';
import { type Client, isLogLevel } from '../relay/client.ts';
import { CATALOGUE, type ErrorCode } from '../shared/errors.ts';
import { legacyClient, modernClient } from './client-of.ts';
import { operationOf } from './dispatch.ts';
import type { Hub, Watched } from './hub.ts';
import { listen } from './listen.ts';
import { offeredCapabilities, type SessionState } from './session-state.ts';

/** An answer as text, and the HTTP status that a 2026-07-28 caller gets with it. */
export interface Answer {
  readonly text: string;
  readonly status: number;
}

/** What a request in flight has from its transport. */
export interface Exchange {
  readonly connection: Connection;
  /** The server that the connection is for alone; undefined where the rules choose what it sees. */
  readonly server: string | undefined;
  /** Aborted when the caller cancels, or when it is gone and its era says that this cancels. */
  readonly signal: AbortSignal;
  /** True where `notify` reaches the caller: it reads streams. */
  readonly streams: boolean;
  /** Sends a message that belongs to this request. */
  notify(text: string): void;
}

/** What a new session starts with. */
export type Negotiated = Pick<SessionState, 'revision' | 'capabilities'>;

export interface Protocol {
  /** Answers `initialize`; `session` is undefined where it was refused. */
  initialize(
    request: RequestMessage,
    exchange: Exchange,
  ): Promise<Answer & { readonly session: Negotiated | undefined }>;
  legacy(request: RequestMessage, exchange: Exchange, session: SessionState): Promise<Answer>;
  modern(request: RequestMessage, exchange: Exchange): Promise<Answer>;
  /** Sends a session what it wants to hear of changes. @returns ends it */
  listen(
    session: SessionState,
    exchange: Pick<Exchange, 'connection' | 'server'>,
    send: (text: string) => void,
  ): () => void;
}

export interface ProtocolOptions {
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** What a connection without a server of its own sees, under a snapshot. */
  readonly viewOf: (connection: Connection, snapshot: Snapshot) => View;
  readonly hub: Hub;
}

export function createProtocol(parts: PipelineParts, { serverInfo, viewOf, hub }: ProtocolOptions): Protocol {
  const modern = modernCodec(serverInfo);
  const toolsList = toolsListOutcome(parts.tools.values());

  const view = ({ server, connection }: Pick<Exchange, 'server' | 'connection'>): View =>
    server === undefined ? viewOf(connection, parts.snapshot()) : { mode: 'single', server };

  const outcomeOf = (
    request: RequestMessage,
    exchange: Exchange,
    client: Client,
  ): Promise<Outcome> | Outcome | undefined => {
    const seen = view(exchange);
    const { method } = request;
    if (seen.mode === 'discovery' && method === 'tools/list') return toolsList;
    const inbound = inboundOf(request, exchange, client);
    if (seen.mode === 'discovery' && method === 'tools/call') return callTool(parts, inbound);
    const operation = operationOf(method, seen, client.era);
    return operation === undefined ? undefined : runOperation(parts, inbound, operation);
  };

  /** What the gateway says of itself, or, where it stands for one server, what that one says. */
  const introduce = (request: RequestMessage, exchange: Exchange, client: Client): Promise<Outcome> =>
    runOperation(
      parts,
      inboundOf(request, exchange, client),
      introduceOperation(request.method, view(exchange), serverInfo, revisionOf(request)),
    );

  /** Subscribes or ends a subscription under the rules; `done` learns whose resource it is. */
  const subscribe = (
    inbound: Inbound,
    exchange: Pick<Exchange, 'server' | 'connection'>,
    method: 'resources/subscribe' | 'resources/unsubscribe',
    done: (asked: string, watched: Watched) => void,
    uri?: string,
  ): Promise<Outcome> =>
    runOperation(
      parts,
      inbound,
      subscribeOperation({
        method,
        view: view(exchange),
        era: inbound.client.era,
        ...(uri === undefined ? {} : { uri }),
        done: (asked, server, original) => done(asked, { server, uri: original }),
      }),
    );

  const openStream = async (request: RequestMessage, exchange: Exchange, client: Client): Promise<Answer> => {
    const { id } = request;
    if (!exchange.streams)
      return refusal(id, 'INVALID_PARAMS', 'subscriptions/listen needs Accept: text/event-stream.');
    const body = await listen(request, exchange, {
      hub,
      view: () => view(exchange),
      async subscribe(uri) {
        let found: Watched | undefined;
        const inbound = inboundOf(request, exchange, client);
        await subscribe(inbound, exchange, 'resources/subscribe', (_asked, watched) => (found = watched), uri);
        return found;
      },
    });
    if (body !== undefined) return { text: modern.result(id, body), status: 200 };
    return refusal(
      id,
      'INVALID_PARAMS',
      'subscriptions/listen needs params.notifications, an object of known filters.',
    );
  };

  return {
    async initialize(request, exchange) {
      const { id, text, params } = request;
      const revision = revisionOf(request);
      if (revision === undefined) {
        return {
          ...refusal(id, 'INVALID_PARAMS', 'initialize needs params.protocolVersion, a string.'),
          session: undefined,
        };
      }
      const declared = findMember(params, 'capabilities');
      const capabilities = offeredCapabilities(declared && text.slice(declared.start, declared.end));
      parts.downstream.expect(capabilities);
      const outcome = await introduce(request, exchange, { ...NOBODY, capabilities });
      const answer = written(request, outcome, legacyCodec);
      return { ...answer, session: outcome.kind === 'result' ? { revision, capabilities } : undefined };
    },
    async legacy(request, exchange, session) {
      const { id, method } = request;
      if (method === 'ping') return pong(id);
      if (method === 'logging/setLevel') return setLevel(request, session);
      const client = legacyClient(session, exchange);
      if (method === 'resources/subscribe' || method === 'resources/unsubscribe') {
        const done = (asked: string, watched: Watched): void => {
          if (method === 'resources/subscribe') session.watched.set(asked, watched);
          else session.watched.delete(asked);
        };
        const inbound = inboundOf(request, exchange, client);
        return written(request, await subscribe(inbound, exchange, method, done), legacyCodec);
      }
      const outcome = await outcomeOf(request, exchange, client);
      return outcome === undefined ? unknownMethod(request) : written(request, outcome, legacyCodec);
    },
    async modern(request, exchange) {
      const refused = checkMeta(request);
      if (refused !== undefined) return refused;
      const client = modernClient(request, exchange);
      if (request.method === 'subscriptions/listen') return openStream(request, exchange, client);
      const outcome =
        request.method === 'server/discover'
          ? await introduce(request, exchange, client)
          : await outcomeOf(request, exchange, client);
      return outcome === undefined ? unknownMethod(request) : written(request, outcome, modern);
    },
    listen(session, exchange, send) {
      const { signal } = new AbortController();
      const renewed = { ...exchange, signal, streams: false, notify: () => {} };
      return hub.add({
        connection: exchange.connection,
        view: () => view(exchange),
        watched: session.watched,
        wants: () => true,
        listChanged: (kind) => send(`{"jsonrpc":"2.0","method":"notifications/${kind}/list_changed"}`),
        resourceUpdated: (uri) =>
          send(notificationText('notifications/resources/updated', `"uri":${JSON.stringify(uri)}`)),
        renew: (uri) => {
          const inbound = {
            connection: exchange.connection,
            text: '',
            params: undefined,
            signal,
            onProgress: undefined,
          };
          const client = legacyClient(session, renewed);
          void subscribe({ ...inbound, client }, exchange, 'resources/subscribe', () => {}, uri);
        },
        end: () => {},
      });
    },
  };
}

/** The answer to `ping`. */
export function pong(id: string): Answer {
  return { text: legacyCodec.result(id, ownResult({})), status: 200 };
}

/** A client that is not there yet. */
const NOBODY: Client = {
  era: 'legacy',
  session: undefined,
  capabilities: '{}',
  logLevel: undefined,
  ask: undefined,
  tell: () => {},
  retry: undefined,
};

function inboundOf({ text, params }: RequestMessage, exchange: Exchange, client: Client): Inbound {
  const { connection, signal } = exchange;
  return { connection, text, params, signal, client, onProgress: progressOf(text, params, exchange) };
}

/** The revision that `initialize` agrees on: the one asked for where it is spoken here, the newest otherwise. */
function revisionOf({ text, params }: RequestMessage): string | undefined {
  const member = findMember(params, 'protocolVersion');
  const requested = member === undefined ? undefined : stringValue(text, member);
  return requested === undefined || isLegacy(requested) ? requested : LATEST_LEGACY;
}

function setLevel({ id, text, params }: RequestMessage, session: SessionState): Answer {
  const member = findMember(params, 'level');
  const level = member === undefined ? undefined : stringValue(text, member);
  if (level === undefined || !isLogLevel(level)) {
    return refusal(id, 'INVALID_PARAMS', 'logging/setLevel needs params.level, one of the eight levels of RFC 5424.');
  }
  session.logLevel = level;
  return pong(id);
}

/**
 * The revision that a request declares in its `_meta`; undefined where it declares none, which makes it a legacy one
 * (2026-07-28, basic/versioning, Backward Compatibility). A value that is not a string counts as declared, as `''`.
 */
export function declaredRevision({ text, params }: RequestMessage): string | undefined {
  const member = findMember(metaOf(params), META_VERSION);
  return member === undefined ? undefined : (stringValue(text, member) ?? '');
}

/** An error of the protocol, as an answer. */
export function refusal(id: string, code: ErrorCode, message: string, data?: string): Answer {
  const entry = CATALOGUE[code];
  return { text: errorText(id, entry.rpc, message, data), status: entry.http };
}

/** @returns a refusal where a required field is missing or the revision is not spoken here (2026-07-28, basic/index#meta). */
function checkMeta(request: RequestMessage): Answer | undefined {
  const { id, text, params } = request;
  const revision = declaredRevision(request);
  if (revision === undefined || revision === '') {
    return refusal(id, 'INVALID_PARAMS', `params._meta needs ${META_VERSION}, a string.`);
  }
  if (!isModern(revision)) {
    const data = JSON.stringify({ supported: MODERN_REVISIONS, requested: revision });
    return refusal(
      id,
      'UNSUPPORTED_PROTOCOL_VERSION',
      'Unsupported protocol version: retry with a supported one.',
      data,
    );
  }
  const capabilities = findMember(metaOf(params), META_CLIENT_CAPABILITIES);
  if (capabilities === undefined || text.charAt(capabilities.start) !== '{') {
    return refusal(id, 'INVALID_PARAMS', `params._meta needs ${META_CLIENT_CAPABILITIES}, an object.`);
  }
  return undefined;
}

function metaOf(params: ScannedObject | undefined): ScannedObject | undefined {
  return findMember(params, '_meta')?.object;
}

/** Progress goes back under the caller's own token, as that exact text. */
function progressOf(
  text: string,
  params: ScannedObject | undefined,
  exchange: Exchange,
): Exchange['notify'] | undefined {
  const member = findMember(metaOf(params), 'progressToken');
  const value = parsedValue(text, member);
  if (member === undefined || !(typeof value === 'string' || Number.isInteger(value))) return undefined;
  const token = text.slice(member.start, member.end);
  return (inner) => exchange.notify(notificationText('notifications/progress', `"progressToken":${token},${inner}`));
}

function unknownMethod(request: RequestMessage): Answer {
  return refusal(request.id, 'METHOD_NOT_FOUND', `Method not found: ${request.method.slice(0, 128)}`);
}

/** Statuses that 2026-07-28 gives errors of a server; all others are answers like any other (streamable-http). */
const STATUS: ReadonlyMap<number, number> = new Map([
  [-32021, 400],
  [-32601, 404],
]);

function written(request: RequestMessage, outcome: Outcome, codec: CallerCodec): Answer {
  if (outcome.kind === 'result') return { text: codec.result(request.id, outcome.body, outcome.cache), status: 200 };
  const { code, message, data } = outcome;
  return { text: errorText(request.id, code, message, data), status: STATUS.get(code) ?? 200 };
}
