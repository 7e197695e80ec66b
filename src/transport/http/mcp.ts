/** `/mcp`: Streamable HTTP for both eras. What arrives is checked here; what it means is the protocol's business. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Connection } from '../../pipeline/types.ts';
import { headerMismatch } from '../../protocol/headers.ts';
import { type Message, parseMessage, type RequestMessage } from '../../protocol/messages.ts';
import { hasBatches, isLegacy, isModern, UNDECLARED_REVISION } from '../../protocol/revisions.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { batchElements } from '../batch.ts';
import { isWithdrawn } from '../flights.ts';
import { type Answer, declaredRevision, type Protocol, refusal } from '../protocol.ts';
import { type Body, readBody } from './body.ts';
import { type Accepted, accepted, createReply, sendJson } from './reply.ts';
import type { Session, Sessions } from './sessions.ts';

export interface McpEndpointOptions {
  readonly protocol: Protocol;
  readonly sessions: Sessions;
  readonly maxMessageBytes: number;
  /** False while draining. */
  readonly open: () => boolean;
  readonly failed: (error: unknown) => void;
}

export interface McpEndpoint {
  /**
   * @param connection of whoever the request proves to be; sessions belong to its owner, but every request counts for itself.
   * @param headers to send with every answer (CORS).
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    headers: OutgoingHttpHeaders,
  ): void;
  /** Resolves when no request is being answered. */
  idle(): Promise<void>;
  /** Cancels what is still in flight; it is answered with the reason. */
  abort(reason: GatewayError): void;
}

/** One POST after its body was read. */
interface Post {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly headers: OutgoingHttpHeaders;
  readonly accept: Accepted;
}

export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { protocol, sessions } = options;
  /** What answers modern requests and can be aborted at the end; sessions keep their own. */
  const modernFlights = new Set<AbortController>();
  let active = 0;
  let waiting: (() => void)[] = [];

  const finished = (): void => {
    active--;
    if (active > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  /** 2026-07-28: every request for itself; a caller that closes its connection cancels. */
  const answerModern = async (post: Post, message: RequestMessage, declared: string): Promise<void> => {
    const header = post.request.headers;
    const mismatch = headerMismatch(message, declared, {
      version: single(header['mcp-protocol-version']),
      method: single(header['mcp-method']),
      name: single(header['mcp-name']),
    });
    if (mismatch !== undefined)
      return sendJson(post.response, refusal(message.id, 'HEADER_MISMATCH', mismatch), post.headers);
    const controller = new AbortController();
    modernFlights.add(controller);
    const gone = (): void => controller.abort();
    post.response.once('close', gone);
    try {
      const reply = createReply(post.response, post.accept, post.headers);
      const answer = await protocol.modern(message, {
        connection: post.connection,
        signal: controller.signal,
        notify: reply.notify,
      });
      if (isWithdrawn(controller.signal)) reply.abandon();
      else reply.finish(answer);
    } finally {
      post.response.off('close', gone);
      modernFlights.delete(controller);
    }
  };

  const initialize = (post: Post, message: RequestMessage): void => {
    const { text, status, revision } = protocol.initialize(message);
    const session = revision === undefined ? undefined : sessions.open(post.connection, revision);
    const id = session === undefined ? {} : { 'mcp-session-id': session.id };
    createReply(post.response, post.accept, { ...post.headers, ...id }).finish({ text, status });
  };

  const answerInSession = async (
    post: Post,
    session: Session,
    message: RequestMessage,
    notify: (text: string) => void,
  ): Promise<Answer | undefined> => {
    const flight = session.flights.begin(message.id);
    if (flight === undefined) {
      return refusal(message.id, 'INVALID_REQUEST', 'A request with this id is still in flight: use a new id.');
    }
    try {
      const { text } = await protocol.legacy(message, {
        connection: post.connection,
        signal: flight.signal,
        notify,
      });
      return isWithdrawn(flight.signal) ? undefined : { text, status: 200 };
    } finally {
      session.flights.end(message.id);
    }
  };

  /** @returns the session of a legacy message, or sends why there is none. */
  const sessionOf = (post: Post, id: string): Session | undefined => {
    const sessionId = single(post.request.headers['mcp-session-id']);
    if (sessionId === undefined) {
      const hint = 'Mcp-Session-Id is missing: send initialize first, or declare a protocol version in params._meta.';
      sendJson(post.response, refusal(id, 'INVALID_REQUEST', hint), post.headers);
      return undefined;
    }
    const session = sessions.find(sessionId, post.connection.owner);
    if (session === undefined) {
      const gone = refusal(id, 'INVALID_REQUEST', 'There is no such session: send initialize to start a new one.');
      sendJson(post.response, { ...gone, status: 404 }, post.headers);
    }
    return session;
  };

  const answerLegacy = async (post: Post, message: RequestMessage): Promise<void> => {
    const session = sessionOf(post, message.id);
    if (session === undefined) return;
    const reply = createReply(post.response, post.accept, post.headers);
    const answer = await answerInSession(post, session, message, reply.notify);
    if (answer === undefined) reply.abandon();
    else reply.finish(answer);
  };

  const answerBatch = async (post: Post, text: string): Promise<void> => {
    const session = sessionOf(post, 'null');
    if (session === undefined) return;
    const parts = hasBatches(session.revision)
      ? batchElements(text)
      : ({
          code: 'INVALID_REQUEST',
          message: 'This protocol revision has no batches: send one message per request.',
        } as const);
    if (!Array.isArray(parts)) return sendJson(post.response, refusal('null', parts.code, parts.message), post.headers);
    const reply = createReply(post.response, post.accept, post.headers);
    const answers = await Promise.all(
      parts.map((part): Promise<Answer | undefined> | Answer | undefined => {
        const message = parseMessage(part, 'caller');
        if (message.kind === 'request') return answerInSession(post, session, message, reply.notify);
        if (message.kind === 'notification') acceptNotification(session, message);
        return message.kind === 'invalid' ? refusal(message.id, message.code, message.message) : undefined;
      }),
    );
    const present = answers.flatMap((answer) => (answer === undefined ? [] : [answer.text]));
    if (present.length === 0) post.response.writeHead(202, post.headers).end();
    else reply.finish({ text: `[${present.join(',')}]`, status: 200 });
  };

  const route = (post: Post, message: Message): Promise<void> | void => {
    const version = single(post.request.headers['mcp-protocol-version']);
    switch (message.kind) {
      case 'invalid':
        return sendJson(post.response, refusal(message.id, message.code, message.message), post.headers);
      case 'batch':
        return answerBatch(post, message.text);
      case 'request': {
        const declared = declaredRevision(message);
        if (declared !== undefined) return answerModern(post, message, declared);
        if (message.method === 'initialize') return initialize(post, message);
        if (version !== undefined && isModern(version)) return answerModern(post, message, version);
        if (!isLegacy(version ?? UNDECLARED_REVISION)) return badVersion(post, message.id);
        return answerLegacy(post, message);
      }
      case 'notification':
      case 'response': {
        if (version !== undefined && isModern(version)) {
          if (message.kind === 'notification') post.response.writeHead(202, post.headers).end();
          else
            sendJson(
              post.response,
              refusal('null', 'INVALID_REQUEST', 'This revision has no responses from clients.'),
              post.headers,
            );
          return;
        }
        const session = sessionOf(post, 'null');
        if (session === undefined) return;
        if (message.kind === 'notification') acceptNotification(session, message);
        post.response.writeHead(202, post.headers).end();
      }
    }
  };

  const receive = (post: Post, body: Body): Promise<void> | void => {
    switch (body.kind) {
      case 'text':
        return route(post, parseMessage(body.text, 'caller'));
      case 'not UTF-8':
        return sendJson(post.response, refusal('null', 'PARSE_ERROR', 'The body is not valid UTF-8.'), post.headers);
      case 'too large': {
        const answer = refusal('null', 'INVALID_REQUEST', `The body is larger than ${options.maxMessageBytes} bytes.`);
        return sendJson(post.response, { ...answer, status: 413 }, { ...post.headers, connection: 'close' });
      }
      case 'gone':
        return undefined;
    }
  };

  const handlePost = (
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    headers: OutgoingHttpHeaders,
  ): void => {
    const refused = checkPost(request, options.open());
    if (refused !== undefined) {
      sendJson(response, refused, { ...headers, connection: 'close' });
      return;
    }
    const post = { request, response, connection, headers, accept: accepted(request.headers.accept) };
    active++;
    readBody(request, options.maxMessageBytes, (body) => {
      Promise.resolve()
        .then(() => receive(post, body))
        .catch((error: unknown) => {
          options.failed(error);
          if (!response.headersSent)
            sendJson(response, refusal('null', 'INTERNAL', 'The gateway failed on this request.'), headers);
          else response.destroy();
        })
        .finally(finished);
    });
  };

  return {
    handle(request, response, connection, headers) {
      if (request.method === 'POST') return handlePost(request, response, connection, headers);
      if (request.method === 'DELETE') return endSession(sessions, request, response, connection, headers);
      const answer = refusal('null', 'INVALID_REQUEST', 'Use POST for messages and DELETE to end a session.');
      sendJson(response, { ...answer, status: 405 }, { ...headers, allow: 'POST, DELETE' });
    },
    idle() {
      return active === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    abort(reason) {
      for (const controller of modernFlights) controller.abort(reason);
      sessions.closeAll(reason);
    },
  };
}

/** What must hold before the body is read. */
function checkPost(request: IncomingMessage, open: boolean): Answer | undefined {
  if (!open) return refusal('null', 'SHUTTING_DOWN', 'The gateway is shutting down: try again later.');
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'];
  if (type !== 'application/json' || (encoding !== undefined && encoding !== 'identity')) {
    const answer = refusal(
      'null',
      'INVALID_REQUEST',
      'Content-Type must be application/json, without Content-Encoding.',
    );
    return { ...answer, status: 415 };
  }
  const { json, events } = accepted(request.headers.accept);
  if (json || events) return undefined;
  const answer = refusal('null', 'INVALID_REQUEST', 'Accept must list application/json and text/event-stream.');
  return { ...answer, status: 406 };
}

function endSession(
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  headers: OutgoingHttpHeaders,
): void {
  const id = single(request.headers['mcp-session-id']);
  if (id !== undefined && sessions.close(id, connection.owner)) {
    response.writeHead(204, headers).end();
    return;
  }
  const answer = refusal('null', 'INVALID_REQUEST', 'There is no such session.');
  sendJson(response, { ...answer, status: id === undefined ? 400 : 404 }, headers);
}

function acceptNotification(session: Session, message: Message): void {
  if (message.kind === 'notification' && message.method === 'notifications/cancelled') session.flights.cancel(message);
}

/** 2025-11-25, transports, Protocol Version Header: an unsupported version is a 400. */
function badVersion(post: Post, id: string): void {
  sendJson(
    post.response,
    refusal(id, 'INVALID_REQUEST', 'MCP-Protocol-Version is not a supported version.'),
    post.headers,
  );
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
