/** Answers each method, in either era. Transports add framing, sessions and HTTP statuses. */

import type { Snapshot } from '../config/snapshot.ts';
import type { RequestSpan } from '../observe/tracing.ts';
import { executorsIn } from '../operations/gateway-tools/executor-choice.ts';
import { introduceOperation } from '../operations/server-methods/initialize.ts';
import { unknownMethodOperation } from '../operations/server-methods/unknown-requests.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { CallOutcome, Connection, Inbound } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { type OwnTools, ownToolsOf } from '../pipeline/own-tools-list.ts';
import { runOperation } from '../pipeline/run-operation.ts';
import { callTool } from '../pipeline/tool-call.ts';
import { type CallerCodec, legacyCodec, modernCodec } from '../protocol/era-codec.ts';
import type { NotificationMessage, RequestMessage } from '../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../protocol/members.ts';
import { type CallingClient, silentClient } from '../relay/calling-client.ts';
import { isLogLevel } from '../relay/log-level.ts';
import { offeredOf } from '../relay/offered-capabilities.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { unfailing } from './always-answer.ts';
import { inboundOf, legacyClient, modernClient } from './caller-client.ts';
import { ChangeStreams } from './change-streams.ts';
import type { ConnectedClients } from './connected-clients.ts';
import { isLonger, tooLongOutcome } from './message-limit.ts';
import { createProgressHeartbeat } from './progress-heartbeat.ts';
import { checkCapabilities, checkMeta, declaredClient, introducedClient, revisionOf } from './request-meta.ts';
import { type McpResponse, pong, refusal, unknownMethod, written } from './response.ts';
import { operationOf } from './router.ts';
import { ownToolsFor } from './select-view.ts';
import type { Negotiated, SessionState } from './session.ts';
import { notified, type Outlet } from './session-channel.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The means that a transport gives to a request in flight. */
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
  /** Headers of the HTTP request that carried it; undefined over stdio. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Its span, where somebody asked for spans: set by who made it (traced-handler.ts). */
  span?: RequestSpan;
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

interface McpHandlerOptions {
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** The view of a connection without a server of its own, under a snapshot. */
  readonly viewOf: (connection: Connection, snapshot: Snapshot) => View;
  readonly subscriptions: Subscriptions;
  /** Those that introduced themselves. */
  readonly clients: ConnectedClients;
}

/** The handler of all methods. An error that it did not expect is an answer too (always-answer.ts). */
export function createMcpHandler(parts: PipelineDependencies, options: McpHandlerOptions): McpHandler {
  return unfailing(new MethodHandler(parts, options), parts.log);
}

class MethodHandler implements McpHandler {
  readonly #parts: PipelineDependencies;
  readonly #options: McpHandlerOptions;
  readonly #modernCodec: CallerCodec;
  readonly #ownTools: OwnTools;
  readonly #heartbeat = createProgressHeartbeat();
  readonly #streams: ChangeStreams;

  constructor(parts: PipelineDependencies, options: McpHandlerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#modernCodec = modernCodec(options.serverInfo);
    this.#ownTools = ownToolsOf(parts.tools.values());
    const viewOf = (exchange: Pick<Exchange, 'server' | 'connection'>): View => this.#view(exchange);
    this.#streams = new ChangeStreams(parts, options.subscriptions, viewOf, this.#modernCodec);
  }

  async initialize(
    request: RequestMessage,
    exchange: Exchange,
  ): Promise<McpResponse & { readonly session: Negotiated | undefined }> {
    const { id, text, params } = request;
    const revision = revisionOf(request);
    if (revision === undefined) {
      const answer = refusal(id, 'INVALID_PARAMS', 'initialize needs params.protocolVersion, a string.');
      return { ...answer, session: undefined };
    }
    const declared = valueText(text, findMember(params, 'capabilities'));
    const tooLong = checkCapabilities(id, declared);
    if (tooLong !== undefined) return { ...tooLong, session: undefined };
    const offered = offeredOf(declared, 'legacy', exchange.server !== undefined);
    const client = introducedClient(text, findMember(params, 'clientInfo'));
    this.#parts.upstreams.expect(offered.capabilities);
    // Until it has its session, the client can be asked nothing.
    const outcome = await this.#introduce(request, exchange, { ...silentClient('legacy'), ...offered });
    const answer = this.#write(request, outcome, legacyCodec, exchange);
    if (outcome.kind !== 'result') return { ...answer, session: undefined };
    const introduction = this.#options.clients.begin(exchange.connection, client);
    return { ...answer, session: { revision, clientName: client.name, introduction, offered } };
  }

  async legacy(request: RequestMessage, exchange: Exchange, session: SessionState): Promise<McpResponse> {
    const { id, method } = request;
    switch (method) {
      case 'ping':
        return pong(id);
      case 'logging/setLevel':
        return setLevel(request, session);
      case 'resources/subscribe':
        return this.#streams.subscribe(request, exchange, session);
      case 'resources/unsubscribe':
        return this.#streams.unsubscribe(request, exchange, session);
    }
    const outcome = await this.#run(request, exchange, legacyClient(session, exchange));
    return this.#write(request, outcome, legacyCodec, exchange);
  }

  modern(request: RequestMessage, exchange: Exchange): Promise<McpResponse> | McpResponse {
    const refused = checkMeta(request);
    if (refused !== undefined) return refused;
    const client = modernClient(request, exchange);
    const { method } = request;
    if (method === 'server/discover' || method === 'tools/list') {
      this.#options.clients.seen(exchange.connection, declaredClient(request));
    }
    if (method === 'subscriptions/listen') return this.#streams.open(request, exchange, client);
    const running =
      method === 'server/discover' ? this.#introduce(request, exchange, client) : this.#run(request, exchange, client);
    if (!(running instanceof Promise)) return this.#write(request, running, this.#modernCodec, exchange);
    return running.then((outcome) => this.#write(request, outcome, this.#modernCodec, exchange));
  }

  listen(session: SessionState, exchange: Pick<Exchange, 'connection' | 'server'>, outlet: Outlet): () => void {
    return this.#streams.addSession(session, exchange, outlet);
  }

  notified(
    session: SessionState,
    exchange: Pick<Exchange, 'connection' | 'server'>,
    message: NotificationMessage,
  ): void {
    notified(this.#parts, this.#view(exchange), exchange.connection, session, message);
  }

  #view({ server, connection }: Pick<Exchange, 'server' | 'connection'>): View {
    if (server !== undefined) return { mode: 'single', server };
    return this.#options.viewOf(connection, this.#parts.snapshot());
  }

  #run(request: RequestMessage, exchange: Exchange, client: CallingClient): Promise<CallOutcome> | CallOutcome {
    const view = this.#view(exchange);
    const { method } = request;
    if (view.mode === 'discovery' && method === 'tools/list') {
      if (findMember(request.params, 'cursor') !== undefined) return ONE_PAGE;
      return this.#ownTools(ownToolsFor(exchange.connection, this.#parts.snapshot()));
    }
    const inbound = inboundOf(request, exchange, client);
    const { onProgress } = inbound;
    if (onProgress === undefined) return this.#runOperation(view, method, inbound);
    const beat = this.#heartbeat.begin(onProgress);
    const outcome = this.#runOperation(view, method, { ...inbound, onProgress: beat.heard, onWait: beat.waits });
    if (outcome instanceof Promise) return outcome.finally(() => beat.end());
    beat.end();
    return outcome;
  }

  #runOperation(view: View, method: string, inbound: Inbound): Promise<CallOutcome> | CallOutcome {
    const parts = this.#parts;
    if (view.mode === 'discovery' && method === 'tools/call') return callTool(parts, inbound);
    // Loaded when somebody has a task: few do.
    if (method.startsWith('tasks/'))
      return import('./task-streams.ts').then(({ runTaskMethod }) => runTaskMethod(parts, view, inbound, method));
    const operation = operationOf(method, view, inbound.client.era);
    return runOperation(parts, inbound, operation ?? unknownMethodOperation(method, unknownMethod(method)));
  }

  /** The introduction of the gateway, or, where it stands for one server, of that one. */
  #introduce(request: RequestMessage, exchange: Exchange, client: CallingClient): Promise<CallOutcome> {
    const { serverInfo } = this.#options;
    const executors = executorsIn(ownToolsFor(exchange.connection, this.#parts.snapshot()));
    const gateway = { serverInfo, executors };
    const operation = introduceOperation(request.method, this.#view(exchange), gateway, revisionOf(request));
    return runOperation(this.#parts, inboundOf(request, exchange, client), operation);
  }

  #write(request: RequestMessage, outcome: CallOutcome, codec: CallerCodec, { longest }: Exchange): McpResponse {
    const answer = written(request, outcome, codec);
    if (longest === undefined || !isLonger(answer.text, longest)) return answer;
    const { method } = request;
    this.#parts.log.warn({ method, characters: answer.text.length }, 'an answer was too long for a client over stdio');
    return written(request, tooLongOutcome(method, answer.text, longest), codec);
  }
}

/** The gateway's own tools are on one page: there is no cursor that leads on. */
const ONE_PAGE: CallOutcome = {
  kind: 'error',
  code: -32602,
  message: 'The cursor is not valid: start the list again without it.',
};

function setLevel({ id, text, params }: RequestMessage, session: SessionState): McpResponse {
  const level = stringValue(text, findMember(params, 'level'));
  if (level === undefined || !isLogLevel(level)) {
    return refusal(id, 'INVALID_PARAMS', 'logging/setLevel needs params.level, one of the eight levels of RFC 5424.');
  }
  session.logLevel = level;
  return pong(id);
}
