/** The 2025 revisions over HTTP: sessions, streams that can be resumed, batches of 2025-03-26. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { batchElements } from '../../mcp/batch.ts';
import type { Exchange, McpHandler } from '../../mcp/handler.ts';
import { isWithdrawn } from '../../mcp/in-flight.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import type { Connection } from '../../pipeline/caller.ts';
import {
  type InvalidMessage,
  type Message,
  type NotificationMessage,
  parseAny,
  type RequestMessage,
  type ResponseMessage,
} from '../../protocol/json-rpc.ts';
import { hasBatches } from '../../protocol/revisions.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { startStream } from './event-stream.ts';
import { acknowledge, headerOf, type Post, send } from './mcp-post.ts';
import { Reply } from './mcp-reply.ts';
import type { Session, Sessions } from './sessions.ts';

export interface LegacyEndpoint {
  initialize(post: Post, message: RequestMessage): Promise<void>;
  request(post: Post, message: RequestMessage): Promise<void>;
  batch(post: Post, text: string): Promise<void>;
  /** Notifications and responses. */
  accept(post: Post, message: NotificationMessage | ResponseMessage): void;
  /** What cannot be taken. @param text of it */
  refuse(post: Post, message: InvalidMessage): void;
  /** GET: the stream for what belongs to no request, or a broken one to go on with. */
  listen(post: Post): void;
  /** DELETE. */
  end(post: Post): void;
}

export function createLegacyEndpoint(
  protocol: McpHandler,
  sessions: Sessions,
  credentialExpiry: CredentialExpiry,
): LegacyEndpoint {
  /** A session is as good as the best credential that its owner came with. */
  const renew = (session: Session, connection: Connection): void => {
    session.credential = credentialExpiry.later(session.credential, connection);
    credentialExpiry.expect(session.credential);
  };

  const found = ({ request, connection, server }: Post): Session | undefined => {
    const sessionId = headerOf(request, 'mcp-session-id');
    const session = sessionId === undefined ? undefined : sessions.find(sessionId, connection.owner);
    if (session === undefined || session.server !== server) return undefined;
    if (session.credential !== connection) renew(session, connection);
    return session;
  };

  /** @returns the session of a message, or sends why there is none. */
  const sessionOf = (post: Post, id = 'null'): Session | undefined => {
    if (headerOf(post.request, 'mcp-session-id') === undefined) {
      const hint = 'Mcp-Session-Id is missing: send initialize first, or declare a protocol version in params._meta.';
      send(post, refusal(id, 'INVALID_REQUEST', hint));
      return undefined;
    }
    const session = found(post);
    if (session !== undefined) return session;
    const gone = refusal(id, 'INVALID_REQUEST', 'There is no such session: send initialize to start a new one.');
    send(post, { ...gone, status: 404 });
    return undefined;
  };

  const replyOf = (post: Post, session: Session): Reply => {
    // Clients of the revisions before do not expect an event without data.
    const primed = session.revision >= '2025-11-25';
    const reply = new Reply(post, () => session.streams.open(primed));
    reply.wait();
    return reply;
  };

  const answer = async (
    { connection, server, accept }: Post,
    session: Session,
    message: RequestMessage,
    notify: (text: string) => void,
  ): Promise<McpResponse | undefined> => {
    const flight = session.inFlight.begin(message.id);
    if (flight === undefined) {
      return refusal(message.id, 'INVALID_REQUEST', 'A request with this id is still in flight: use a new id.');
    }
    credentialExpiry.add(flight, connection);
    try {
      const exchange: Exchange = { connection, server, signal: flight.signal, streams: accept.events, notify };
      const answered = await protocol.legacy(message, exchange, session);
      return isWithdrawn(flight.signal) ? undefined : { ...answered, status: 200 };
    } finally {
      credentialExpiry.remove(flight);
      session.inFlight.end(message.id);
    }
  };

  const take = ({ connection, server }: Post, session: Session, message: Message): void => {
    if (message.kind === 'response') session.asks.settle(message);
    else if (message.kind !== 'notification') return;
    else if (message.method === 'notifications/cancelled') session.inFlight.cancel(message);
    else protocol.notified(session, { connection, server }, message);
  };

  const refused = (session: Session | undefined, { id, code, message, responseId }: InvalidMessage): McpResponse => {
    session?.asks.refuse(responseId, message);
    return refusal(id, code, message);
  };

  return {
    async initialize(post, message) {
      const { connection, server, accept } = post;
      const signal = new Canceller().signal;
      const exchange = { connection, server, signal, streams: accept.events, notify: () => {} };
      const { text, status, session: negotiated } = await protocol.initialize(message, exchange);
      const session = negotiated && sessions.open(connection, server, negotiated);
      if (session !== undefined) {
        credentialExpiry.expect(connection);
        session.ended = protocol.listen(session, exchange, {
          send: (message) => session.listener?.write(message),
          isOpen: () => session.listener !== undefined,
        });
      }
      const id: OutgoingHttpHeaders = session === undefined ? {} : { 'mcp-session-id': session.id };
      new Reply({ ...post, headers: { ...post.headers, ...id } }).finish({ text, status });
    },
    async request(post, message) {
      const session = sessionOf(post, message.id);
      if (session === undefined) return;
      const reply = replyOf(post, session);
      const answered = await answer(post, session, message, (said) => reply.notify(said));
      if (answered === undefined) reply.abandon();
      else reply.finish(answered);
    },
    async batch(post, text) {
      const session = sessionOf(post);
      if (session === undefined) return;
      const found = hasBatches(session.revision) ? batchElements(text) : NO_BATCHES;
      const parts = found instanceof Promise ? await found : found;
      if (!Array.isArray(parts)) {
        send(post, refusal('null', parts.code, parts.message));
        return;
      }
      const reply = replyOf(post, session);
      const receive = (message: Message): Promise<McpResponse | undefined> | McpResponse | undefined => {
        if (message.kind === 'request') return answer(post, session, message, (said) => reply.notify(said));
        if (message.kind === 'invalid') return refused(session, message);
        take(post, session, message);
        return undefined;
      };
      const answers = await Promise.all(
        parts.map((part) => {
          const message = parseAny(part, 'caller');
          return message instanceof Promise ? message.then(receive) : receive(message);
        }),
      );
      const present = answers.flatMap((answered) => (answered === undefined ? [] : [answered.text]));
      if (present.length === 0) reply.acknowledge();
      else reply.finish({ text: `[${present.join(',')}]`, status: 200 });
    },
    accept(post, message) {
      const session = sessionOf(post);
      if (session === undefined) return;
      take(post, session, message);
      acknowledge(post);
    },
    refuse: (post, message) => send(post, refused(found(post), message)),
    listen(post) {
      const session = sessionOf(post);
      if (session === undefined) return;
      startStream(post.response, post.headers);
      const open = new Canceller();
      const release = sessions.use(session);
      credentialExpiry.add(open, post.connection);
      open.addEventListener('abort', () => post.response.end());
      post.response.once('close', () => {
        credentialExpiry.remove(open);
        release();
      });
      const last = headerOf(post.request, 'last-event-id');
      if (last === undefined || !session.streams.resume(last, post.response)) listenFor(session, post.response);
    },
    end(post) {
      const session = sessionOf(post);
      if (session === undefined) return;
      sessions.close(session.id, post.connection.owner);
      post.response.writeHead(204, post.headers).end();
    },
  };
}

const NO_BATCHES = {
  code: 'INVALID_REQUEST',
  message: 'This protocol revision has no batches: send one message per request.',
} as const;

/** What belongs to no request goes to the stream that was opened last: never to two (2025-11-25, Multiple Connections). */
function listenFor(session: Session, response: ServerResponse): void {
  session.listener?.end();
  const stream = session.streams.open(false);
  stream.attach(response);
  session.listener = stream;
}
