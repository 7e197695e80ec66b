/** `/mcp`: Streamable HTTP for both eras. What arrives is checked and sorted here; modern-endpoint.ts and legacy-endpoint.ts answer it. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { McpHandler } from '../../mcp/handler.ts';
import { declaredRevision } from '../../mcp/request-meta.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { type Message, parseLarge, parseMessage } from '../../protocol/json-rpc.ts';
import { isLegacy, isModern, UNDECLARED_REVISION } from '../../protocol/revisions.ts';
import { type ByteBudget, type OwnerBudget, UNBOUNDED } from '../../shared/byte-budget.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { together } from '../../shared/event-loop-batch.ts';
import { isLarge } from '../../shared/large-text.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import type { WorkerForwarding } from './forward-to-worker.ts';
import { createLegacyEndpoint } from './legacy-endpoint.ts';
import { acknowledge, headerOf, type Post, send } from './mcp-post.ts';
import { accepted } from './mcp-reply.ts';
import { createModernEndpoint } from './modern-endpoint.ts';
import { type Body, readBody } from './request-body.ts';
import type { Sessions } from './sessions.ts';

export interface McpEndpointOptions {
  readonly protocol: McpHandler;
  readonly sessions: Sessions;
  readonly credentialExpiry: CredentialExpiry;
  readonly maxMessageBytes: number;
  /** False while draining. */
  readonly open: () => boolean;
  readonly failed: (error: unknown) => void;
  /** What requests that are being answered, and answers that nobody reads, count for. */
  readonly budget?: ByteBudget;
  /** Where this process is one of several workers: what belongs to another one. */
  readonly forwarding?: WorkerForwarding | undefined;
}

export interface McpEndpoint {
  /**
   * @param connection of whoever the request proves to be; sessions belong to its owner, but every request counts for itself.
   * @param server the one that the path names; undefined for `/mcp`.
   * @param headers to send with every answer (CORS).
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    server: string | undefined,
    headers: OutgoingHttpHeaders,
  ): void;
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
  /** Cancels what is still in flight, for good; it is answered with the reason. */
  abort(reason: GatewayError): void;
}

export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { protocol, sessions, credentialExpiry, forwarding } = options;
  const modern = createModernEndpoint(protocol, credentialExpiry);
  const legacy = createLegacyEndpoint(protocol, sessions, credentialExpiry);
  let active = 0;
  let isAborted = false;
  let waiting: (() => void)[] = [];

  const budgets = new WeakMap<Connection, OwnerBudget>();
  const budgetOf = (connection: Connection): OwnerBudget => {
    let budget = budgets.get(connection);
    if (budget === undefined) {
      budget = options.budget?.of(connection.owner) ?? UNBOUNDED;
      budgets.set(connection, budget);
    }
    return budget;
  };

  const finished = (): void => {
    active--;
    if (active > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  const routeLarge = async (post: Post, text: string): Promise<void> => route(post, await parseLarge(text, 'caller'));

  const route = (post: Post, message: Message): Promise<void> | void => {
    const version = headerOf(post.request, 'mcp-protocol-version');
    const isModernPost = version !== undefined && isModern(version);
    switch (message.kind) {
      case 'invalid':
        return legacy.refuse(post, message);
      case 'batch':
        return legacy.batch(post, message.text);
      case 'request': {
        const declared = declaredRevision(message);
        const handOn = declared === undefined ? undefined : forwarding?.ofState(message);
        if (handOn !== undefined) return handOn(post.request, post.response, message.text);
        if (declared !== undefined) return modern.answer(post, message, declared);
        if (message.method === 'initialize') return legacy.initialize(post, message);
        if (isModernPost) return modern.answer(post, message, version);
        if (!isLegacy(version ?? UNDECLARED_REVISION)) return send(post, badVersion(message.id));
        return legacy.request(post, message);
      }
      case 'notification':
        return isModernPost ? acknowledge(post) : legacy.accept(post, message);
      case 'response':
        return isModernPost ? send(post, NO_RESPONSES) : legacy.accept(post, message);
    }
  };

  const receive = (post: Post, body: Body): Promise<void> | void => {
    switch (body.kind) {
      case 'text':
        if (isLarge(body.text.length)) return routeLarge(post, body.text);
        return route(post, parseMessage(body.text, 'caller'));
      case 'not UTF-8':
        return send(post, refusal('null', 'PARSE_ERROR', 'The body is not valid UTF-8.'));
      case 'too large': {
        const answer = refusal('null', 'INVALID_REQUEST', `The body is larger than ${options.maxMessageBytes} bytes.`);
        return send(post, { ...answer, status: 413 });
      }
      case 'no room':
        return send(post, { ...refusal('null', 'RATE_LIMITED', NO_ROOM), status: 429 });
      case 'gone':
        return undefined;
    }
  };

  const failed = (post: Post, error: unknown): void => {
    options.failed(error);
    if (post.response.headersSent) post.response.destroy();
    else send(post, refusal('null', 'INTERNAL', 'The gateway failed on this request.'));
  };

  const endSession = (post: Post): void => {
    try {
      legacy.end(post);
    } catch (error) {
      failed(post, error);
    }
  };

  const handlePost = (post: Post): void => {
    const refused = checkPost(post.request, options.open());
    if (refused !== undefined) {
      post.request.resume();
      send(post, refused);
      return;
    }
    active++;
    let giveBack: (() => void) | undefined;
    const room = (bytes: number): boolean => {
      giveBack = post.budget.hold(BYTES_HELD * bytes);
      return giveBack !== undefined;
    };
    const over = (): void => {
      giveBack?.();
      finished();
    };
    const broke = (error: unknown): void => {
      failed(post, error);
      over();
    };
    const answer = (body: Body): void => {
      try {
        const answering = isAborted ? send(post, SHUTTING_DOWN) : receive(post, body);
        if (answering === undefined) over();
        else answering.then(over, broke);
      } catch (error) {
        broke(error);
      }
    };
    readBody(post.request, options.maxMessageBytes, room, (body) => together(() => answer(body)));
  };

  return {
    handle(request, response, connection, server, headers) {
      const handOn = forwarding?.of(headerOf(request, 'mcp-session-id'));
      if (handOn !== undefined) {
        handOn(request, response);
        return;
      }
      const accept = accepted(request.headers.accept);
      const post = { request, response, connection, server, headers, accept, budget: budgetOf(connection) };
      if (request.method === 'POST') handlePost(post);
      // Behind the requests that came before it.
      else if (request.method === 'DELETE') together(() => endSession(post));
      else if (request.method === 'GET' && post.accept.events && hasSession(request)) legacy.listen(post);
      else {
        const answer = refusal('null', 'INVALID_REQUEST', 'Use POST for messages; GET and DELETE need a session.');
        send({ response, headers: { ...headers, allow: 'GET, POST, DELETE' } }, { ...answer, status: 405 });
      }
    },
    idle() {
      return active === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    abort(reason) {
      isAborted = true;
      credentialExpiry.abort(reason);
      sessions.closeAll(reason);
    },
  };
}

function hasSession(request: IncomingMessage): boolean {
  return headerOf(request, 'mcp-session-id') !== undefined;
}

/** A request is bytes, and then a text. */
const BYTES_HELD = 2;
const NO_ROOM = 'Too many large requests of this caller are being answered: wait for their answers, then try again.';
const SHUTTING_DOWN = refusal('null', 'SHUTTING_DOWN', 'The gateway is shutting down: try again later.');
const JSON_TYPE = 'application/json';

/** What must hold before the body is read. */
function checkPost(request: IncomingMessage, open: boolean): McpResponse | undefined {
  if (!open) return SHUTTING_DOWN;
  const written = request.headers['content-type'];
  const type = written === JSON_TYPE ? written : written?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'];
  if (type !== JSON_TYPE || (encoding !== undefined && encoding !== 'identity')) {
    const message = 'Content-Type must be application/json, without Content-Encoding.';
    return { ...refusal('null', 'INVALID_REQUEST', message), status: 415 };
  }
  const { json, events } = accepted(request.headers.accept);
  if (json || events) return undefined;
  const message = 'Accept must list application/json and text/event-stream.';
  return { ...refusal('null', 'INVALID_REQUEST', message), status: 406 };
}

/** 2025-11-25, transports, Protocol Version Header: an unsupported version is a 400. */
function badVersion(id: string): McpResponse {
  return refusal(id, 'INVALID_REQUEST', 'MCP-Protocol-Version is not a supported version.');
}

const NO_RESPONSES = refusal('null', 'INVALID_REQUEST', 'This revision has no responses from clients.');
