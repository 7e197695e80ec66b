/** What the gateway answers to each method, in either era. Transports add framing, sessions and HTTP statuses. */
import type { Snapshot } from '../config/snapshot.ts';
import { introduceOperation } from '../operations/server-methods/initialize.ts';
import { type Subscribing, subscribeOperation } from '../operations/server-methods/resource-subscribe.ts';
import { MISSING_TASKS } from '../operations/server-methods/task-requests.ts';
import { unknownMethodOperation } from '../operations/server-methods/unknown-requests.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { Connection, Inbound, Outcome } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { runOperation } from '../pipeline/run-operation.ts';
import { callTool } from '../pipeline/tool-call.ts';
import { toolsListOutcome } from '../pipeline/tools-list.ts';
import { type CallerCodec, legacyCodec, modernCodec, notificationText } from '../protocol/era-codec.ts';
import { type NotificationMessage, type RequestMessage, stringValue, valueText } from '../protocol/json-rpc.ts';
import { findMember } from '../protocol/scan.ts';
import { type Client, isLogLevel, silentClient } from '../relay/calling-client.ts';
import { offeredOf, takesTasks } from '../relay/offered-capabilities.ts';
import { Canceller, type CancelSignal } from '../shared/cancel.ts';
import { detached } from '../shared/detached.ts';
import { unfailing } from './always-answer.ts';
import { legacyClient, modernClient } from './caller-client.ts';
import { isLonger, tooLongOutcome } from './message-limit.ts';
import { createProgressHeartbeat } from './progress-heartbeat.ts';
import { checkCapabilities, checkMeta, introducedName, progressOf, revisionOf } from './request-meta.ts';
import { type McpResponse, pong, refusal, unknownMethod, written } from './response.ts';
import { operationOf } from './router.ts';
import type { Negotiated, SessionState } from './session.ts';
import { notified, type Outlet, standingOf } from './session-channel.ts';
import { MAX_WATCHED, type Subscriptions, type Watched } from './subscriptions.ts';
import { asksForTasks, listen } from './subscriptions-listen.ts';

/** What a request in flight has from its transport. */
export interface Exchange {
  readonly connection: Connection;
  /** The server that the connection is for alone; undefined where the rules choose what it sees. */
  readonly server: string | undefined;
  /** Aborted when the caller cancels, or when it is gone and its era says that this cancels. */
  readonly signal: CancelSignal;
  /** True where `notify` reaches the caller: it reads streams. */
  readonly streams: boolean;
  /** Headers of the request that repeat what is in it; undefined where the transport or the era has none. */
  readonly header?: (name: string) => string | undefined;
  /** Bytes that one message to the caller may have; undefined where it sets no limit. */
  readonly longest?: number;
  /** Sends a message that belongs to this request. */
  notify(text: string): void;
}

export interface McpHandler {
  /** Answers `initialize`; `session` is undefined where it was refused. */
  initialize(
    request: RequestMessage,
    exchange: Exchange,
  ): Promise<McpResponse & { readonly session: Negotiated | undefined }>;
  legacy(request: RequestMessage, exchange: Exchange, session: SessionState): Promise<McpResponse>;
  modern(request: RequestMessage, exchange: Exchange): Promise<McpResponse> | McpResponse;
  /** Sends a session what it wants to hear of changes. @returns ends it */
  listen(session: SessionState, exchange: Pick<Exchange, 'connection' | 'server'>, outlet: Outlet): () => void;
  /** Takes a notification of a session's client, but for cancellation. */
  notified(
    session: SessionState,
    exchange: Pick<Exchange, 'connection' | 'server'>,
    message: NotificationMessage,
  ): void;
}

export interface McpHandlerOptions {
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** What a connection without a server of its own sees, under a snapshot. */
  readonly viewOf: (connection: Connection, snapshot: Snapshot) => View;
  readonly subscriptions: Subscriptions;
}

export function createMcpHandler(
  parts: PipelineDependencies,
  { serverInfo, viewOf, subscriptions }: McpHandlerOptions,
): McpHandler {
  const modern = modernCodec(serverInfo);
  const toolsList = toolsListOutcome(parts.tools.values());
  const heart = createProgressHeartbeat();

  const view = ({ server, connection }: Pick<Exchange, 'server' | 'connection'>): View =>
    server === undefined ? viewOf(connection, parts.snapshot()) : { mode: 'single', server };

  const outcomeOf = (request: RequestMessage, exchange: Exchange, client: Client): Promise<Outcome> | Outcome => {
    const seen = view(exchange);
    const { method } = request;
    if (seen.mode === 'discovery' && method === 'tools/list') {
      return findMember(request.params, 'cursor') === undefined ? toolsList : ONE_PAGE;
    }
    const inbound = inboundOf(request, exchange, client);
    const { onProgress } = inbound;
    if (onProgress === undefined) return run(seen, method, inbound);
    const beat = heart.begin(onProgress);
    const outcome = run(seen, method, { ...inbound, onProgress: beat.heard });
    if (outcome instanceof Promise) return outcome.finally(() => beat.end());
    beat.end();
    return outcome;
  };

  const run = (seen: View, method: string, inbound: Inbound): Promise<Outcome> | Outcome => {
    if (seen.mode === 'discovery' && method === 'tools/call') return callTool(parts, inbound);
    const { client, connection } = inbound;
    const operation = operationOf(method, seen, { client, principal: connection.owner, tasks: parts.tasks });
    return runOperation(parts, inbound, operation ?? unknownMethodOperation(method, unknownMethod(method)));
  };

  const answered = (
    request: RequestMessage,
    outcome: Outcome,
    codec: CallerCodec,
    { longest }: Exchange,
  ): McpResponse => {
    const answer = written(request, outcome, codec);
    if (longest === undefined || !isLonger(answer.text, longest)) return answer;
    const { method } = request;
    parts.log.warn({ method, characters: answer.text.length }, 'an answer was too long for a client over stdio');
    return written(request, tooLongOutcome(method, answer.text, longest), codec);
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
    { done, ...more }: SubscriptionEnds,
  ): Promise<Outcome> =>
    runOperation(
      parts,
      inbound,
      subscribeOperation({
        method,
        view: view(exchange),
        era: inbound.client.era,
        ...more,
        done: (asked, server, original) => done(asked, { server, uri: original }),
      }),
    );

  const openStream = async (request: RequestMessage, exchange: Exchange, client: Client): Promise<McpResponse> => {
    const { id } = request;
    if (!exchange.streams)
      return refusal(id, 'INVALID_PARAMS', 'subscriptions/listen needs Accept: text/event-stream.');
    if (asksForTasks(request) && !takesTasks(client)) return written(request, MISSING_TASKS, modern);
    const body = await listen(request, exchange, {
      subscriptions,
      view: () => view(exchange),
      async subscribe(uri) {
        let found: Watched | undefined;
        const inbound = inboundOf(request, exchange, client);
        const done = (_asked: string, watched: Watched): void => {
          found = detachedWatch(watched);
        };
        await subscribe(inbound, exchange, 'resources/subscribe', { done, uri });
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

  const protocol: McpHandler = {
    async initialize(request, exchange) {
      const { id, text, params } = request;
      const revision = revisionOf(request);
      if (revision === undefined) {
        return {
          ...refusal(id, 'INVALID_PARAMS', 'initialize needs params.protocolVersion, a string.'),
          session: undefined,
        };
      }
      const declared = valueText(text, findMember(params, 'capabilities'));
      const tooLong = checkCapabilities(id, declared);
      if (tooLong !== undefined) return { ...tooLong, session: undefined };
      const offered = offeredOf(declared, 'legacy', exchange.server !== undefined);
      const clientName = introducedName(text, findMember(params, 'clientInfo'));
      parts.upstreams.expect(offered.capabilities);
      // Until it has its session, the client can be asked nothing.
      const outcome = await introduce(request, exchange, { ...silentClient('legacy'), ...offered });
      const answer = answered(request, outcome, legacyCodec, exchange);
      return { ...answer, session: outcome.kind === 'result' ? { revision, clientName, offered } : undefined };
    },
    async legacy(request, exchange, session) {
      const { id, method } = request;
      if (method === 'ping') return pong(id);
      if (method === 'logging/setLevel') return setLevel(request, session);
      const client = legacyClient(session, exchange);
      if (method === 'resources/subscribe' || method === 'resources/unsubscribe') {
        if (method === 'resources/subscribe' && session.watched.size >= MAX_WATCHED) return fullOf(id);
        const ends: SubscriptionEnds =
          method === 'resources/subscribe'
            ? { done: (asked, watched) => void session.watched.set(detached(asked), detachedWatch(watched)) }
            : { done: () => undefined, release: (asked) => session.watched.delete(asked) };
        const inbound = inboundOf(request, exchange, client);
        return written(request, await subscribe(inbound, exchange, method, ends), legacyCodec);
      }
      return answered(request, await outcomeOf(request, exchange, client), legacyCodec, exchange);
    },
    modern(request, exchange) {
      const refused = checkMeta(request);
      if (refused !== undefined) return refused;
      const client = modernClient(request, exchange);
      if (request.method === 'subscriptions/listen') return openStream(request, exchange, client);
      const outcome =
        request.method === 'server/discover'
          ? introduce(request, exchange, client)
          : outcomeOf(request, exchange, client);
      if (!(outcome instanceof Promise)) return answered(request, outcome, modern, exchange);
      return outcome.then((found) => answered(request, found, modern, exchange));
    },
    listen(session, exchange, outlet) {
      const { send } = outlet;
      const { signal } = new Canceller();
      const renewed = { ...exchange, signal, streams: false, notify: () => {} };
      return subscriptions.add({
        connection: exchange.connection,
        view: () => view(exchange),
        watched: session.watched,
        session: standingOf(session, outlet, () => view(exchange)),
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
          void subscribe({ ...inbound, client }, exchange, 'resources/subscribe', { done: () => {}, uri });
        },
        end: () => {},
      });
    },
    notified: (session, exchange, message) => notified(parts, view(exchange), exchange.connection, session, message),
  };
  return unfailing(protocol, parts.log);
}

/** Where a subscription is remembered, and how it is given up. */
interface SubscriptionEnds extends Pick<Subscribing, 'release'> {
  readonly done: (asked: string, watched: Watched) => void;
  /** The URI; where it is left out, that of the request. */
  readonly uri?: string;
}

/** It is kept longer than the message that it came in. */
function detachedWatch({ server, uri }: Watched): Watched {
  return { server: detached(server), uri: detached(uri) };
}

/** The gateway's own tools are on one page: there is no cursor that leads on. */
const ONE_PAGE: Outcome = {
  kind: 'error',
  code: -32602,
  message: 'The cursor is not valid: start the list again without it.',
};

function inboundOf(request: RequestMessage, exchange: Exchange, client: Client): Inbound {
  const { text, params } = request;
  const { connection, signal } = exchange;
  return { connection, text, params, signal, client, onProgress: progressOf(request, exchange.notify) };
}

function fullOf(id: string): McpResponse {
  const message = `This session watches ${MAX_WATCHED} resources: end some with resources/unsubscribe first.`;
  return refusal(id, 'RATE_LIMITED', message);
}

function setLevel({ id, text, params }: RequestMessage, session: SessionState): McpResponse {
  const level = stringValue(text, findMember(params, 'level'));
  if (level === undefined || !isLogLevel(level)) {
    return refusal(id, 'INVALID_PARAMS', 'logging/setLevel needs params.level, one of the eight levels of RFC 5424.');
  }
  session.logLevel = level;
  return pong(id);
}
