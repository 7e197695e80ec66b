/** The 2025 revisions over HTTP: sessions, streams that can be resumed, batches of 2025-03-26. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { batchElements, refuseAnswers } from '../../mcp/batch.ts';
import type { Exchange, McpHandler } from '../../mcp/handler.ts';
import { isWithdrawn } from '../../mcp/in-flight.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import {
  type InvalidMessage,
  type Message,
  type NotificationMessage,
  parseAny,
  type RequestMessage,
  type ResponseMessage,
} from '../../protocol/json-rpc.ts';
import type { IdText } from '../../protocol/request-id.ts';
import { hasBatches } from '../../protocol/revisions.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { startStream } from './event-stream.ts';
import { acknowledge, headerOf, type Post, send } from './mcp-post.ts';
import { HttpReply } from './mcp-reply.ts';
import type { Session, Sessions } from './sessions.ts';

/** Answers POST, GET and DELETE of sessions. */
export class LegacyEndpoint {
  readonly #handler: McpHandler;
  readonly #sessions: Sessions;
  readonly #credentialExpiry: CredentialExpiry;

  constructor(handler: McpHandler, sessions: Sessions, credentialExpiry: CredentialExpiry) {
    this.#handler = handler;
    this.#sessions = sessions;
    this.#credentialExpiry = credentialExpiry;
  }

  async initialize(post: Post, message: RequestMessage): Promise<void> {
    const { connection, server, accept } = post;
    const { signal } = new Canceller();
    const { headers } = post.request;
    const exchange: Exchange = { connection, server, signal, headers, streams: accept.events, notify: () => {} };
    const { text, status, session: negotiated } = await this.#handler.initialize(message, exchange);
    const session = negotiated && this.#sessions.open(connection, server, negotiated);
    if (session !== undefined) {
      this.#credentialExpiry.expect(connection);
      session.ended = this.#handler.listen(session, exchange, {
        send: (notification) => session.listener?.write(notification),
        isOpen: () => session.listener !== undefined,
      });
    }
    const id: OutgoingHttpHeaders = session === undefined ? {} : { 'mcp-session-id': session.id };
    new HttpReply({ ...post, headers: { ...post.headers, ...id } }).finish({ text, status });
  }

  async request(post: Post, message: RequestMessage): Promise<void> {
    const session = this.#sessionOf(post, message.id);
    if (session === undefined) return;
    const reply = replyOf(post, session);
    const answer = await this.#answer(post, session, message, (text) => reply.notify(text));
    if (answer === undefined) reply.abandon();
    else reply.finish(answer);
  }

  /** Answers a batch (2025-03-26). */
  async batch(post: Post, text: string): Promise<void> {
    const session = this.#sessionOf(post);
    if (session === undefined) return;
    const elements = hasBatches(session.revision) ? await batchElements(text) : NO_BATCHES;
    if (!Array.isArray(elements)) {
      await refuseAnswers(session.asks, text, elements.message);
      send(post, refusal('null', elements.code, elements.message));
      return;
    }
    const reply = replyOf(post, session);
    const receive = (message: Message): Promise<McpResponse | undefined> | McpResponse | undefined => {
      if (message.kind === 'request') {
        return this.#answer(post, session, message, (notification) => reply.notify(notification));
      }
      if (message.kind === 'invalid') return refuseOf(session, message);
      this.#take(post, session, message);
      return undefined;
    };
    const answers = await Promise.all(
      elements.map((element) => {
        const message = parseAny(element, 'caller');
        return message instanceof Promise ? message.then(receive) : receive(message);
      }),
    );
    const present = answers.flatMap((answer) => (answer === undefined ? [] : [answer.text]));
    if (present.length === 0) reply.acknowledge();
    else reply.finish({ text: `[${present.join(',')}]`, status: 200 });
  }

  /** Takes notifications and responses. */
  accept(post: Post, message: NotificationMessage | ResponseMessage): void {
    const session = this.#sessionOf(post);
    if (session === undefined) return;
    this.#take(post, session, message);
    acknowledge(post);
  }

  /** Answers what cannot be taken. */
  refuse(post: Post, message: InvalidMessage): void {
    send(post, refuseOf(this.#find(post), message));
  }

  /** Ends the question whose answer was refused; undefined for what is no answer. */
  refuseAnswer(post: Post, responseId: IdText | undefined, why: string): void {
    if (responseId !== undefined) this.#find(post)?.asks.refuse(responseId, why);
  }

  /** Opens the stream for what belongs to no request, or goes on with a broken one. */
  listen(post: Post): void {
    const session = this.#sessionOf(post);
    if (session === undefined) return;
    startStream(post.response, post.headers);
    const open = new Canceller();
    const release = this.#sessions.use(session);
    const expiry = this.#credentialExpiry.add(open, post.connection);
    open.addEventListener('abort', () => post.response.end());
    post.response.once('close', () => {
      this.#credentialExpiry.remove(expiry);
      release();
    });
    const last = headerOf(post.request, 'last-event-id');
    if (last === undefined || !session.streams.resume(last, post.response)) listenFor(session, post.response);
  }

  /** Ends a session. */
  end(post: Post): void {
    const session = this.#sessionOf(post);
    if (session === undefined) return;
    this.#sessions.close(session.id, post.connection.owner);
    post.response.writeHead(204, post.headers).end();
  }

  #find({ request, connection, server }: Post): Session | undefined {
    const sessionId = headerOf(request, 'mcp-session-id');
    const session = sessionId === undefined ? undefined : this.#sessions.find(sessionId, connection.owner);
    if (session === undefined || session.server !== server) return undefined;
    // A session is as good as the best credential that its owner came with.
    if (session.credential !== connection) {
      session.credential = this.#credentialExpiry.later(session.credential, connection);
      this.#credentialExpiry.expect(session.credential);
    }
    return session;
  }

  /** @returns the session of a message, or sends why there is none. */
  #sessionOf(post: Post, id = 'null'): Session | undefined {
    if (headerOf(post.request, 'mcp-session-id') === undefined) {
      const hint = 'Mcp-Session-Id is missing: send initialize first, or declare a protocol version in params._meta.';
      send(post, refusal(id, 'INVALID_REQUEST', hint));
      return undefined;
    }
    const session = this.#find(post);
    if (session !== undefined) return session;
    const unknown = refusal(id, 'INVALID_REQUEST', 'There is no such session: send initialize to start a new one.');
    send(post, { ...unknown, status: 404 });
    return undefined;
  }

  async #answer(
    { connection, server, accept, request: { headers } }: Post,
    session: Session,
    message: RequestMessage,
    notify: (text: string) => void,
  ): Promise<McpResponse | undefined> {
    const request = session.inFlight.begin(message.id);
    if (request === undefined) {
      return refusal(message.id, 'INVALID_REQUEST', 'A request with this id is still in flight: use a new id.');
    }
    const expiry = this.#credentialExpiry.add(request, connection);
    try {
      const exchange: Exchange = {
        connection,
        server,
        signal: request.signal,
        headers,
        streams: accept.events,
        notify,
      };
      const answer = await this.#handler.legacy(message, exchange, session);
      return isWithdrawn(request.signal) ? undefined : { ...answer, status: 200 };
    } finally {
      this.#credentialExpiry.remove(expiry);
      session.inFlight.end(message.id);
    }
  }

  #take({ connection, server }: Post, session: Session, message: Message): void {
    if (message.kind === 'response') session.asks.settle(message);
    else if (message.kind !== 'notification') return;
    else if (message.method === 'notifications/cancelled') session.inFlight.cancel(message);
    else this.#handler.notified(session, { connection, server }, message);
  }
}

function replyOf(post: Post, session: Session): HttpReply {
  // Clients of the revisions before do not expect an event without data.
  const primed = session.revision >= '2025-11-25';
  const reply = new HttpReply(post, () => session.streams.open(primed));
  reply.wait();
  return reply;
}

function refuseOf(session: Session | undefined, { id, code, message, responseId }: InvalidMessage): McpResponse {
  session?.asks.refuse(responseId, message);
  return refusal(id, code, message);
}

const NO_BATCHES = {
  code: 'INVALID_REQUEST',
  message: 'This protocol revision has no batches: send one message per request.',
} as const;

/** Sends a message that belongs to no request to the stream that was opened last: never to two (2025-11-25, Multiple Connections). */
function listenFor(session: Session, response: ServerResponse): void {
  session.listener?.end();
  const stream = session.streams.open(false);
  stream.attach(response);
  session.listener = stream;
}
