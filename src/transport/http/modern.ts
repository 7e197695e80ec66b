/** Requests of 2026-07-28 over HTTP: every one for itself; a caller that closes its connection cancels. */
import { headerMismatch } from '../../protocol/headers.ts';
import type { RequestMessage } from '../../protocol/messages.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { type Answer, refusal } from '../answer.ts';
import { isWithdrawn } from '../flights.ts';
import type { Protocol } from '../protocol.ts';
import { headerOf, type Post, send } from './post.ts';
import { createReply } from './reply.ts';

export interface ModernEndpoint {
  /** @param declared the protocol version that the request declares. */
  answer(post: Post, message: RequestMessage, declared: string): Promise<void> | void;
  /** Cancels what is in flight; it is answered with the reason. */
  abort(reason: GatewayError): void;
}

export function createModernEndpoint(protocol: Protocol): ModernEndpoint {
  const flights = new Set<Canceller>();
  return {
    answer(post, message, declared) {
      const mismatch = headerMismatch(message, declared, {
        version: headerOf(post.request, 'mcp-protocol-version'),
        method: headerOf(post.request, 'mcp-method'),
        name: headerOf(post.request, 'mcp-name'),
      });
      if (mismatch !== undefined) {
        send(post, refusal(message.id, 'HEADER_MISMATCH', mismatch));
        return;
      }
      const { response, connection, server } = post;
      const controller = new Canceller();
      flights.add(controller);
      const gone = (): void => controller.abort();
      response.on('close', gone);
      const reply = createReply(response, post.accept, post.headers);
      const { signal } = controller;
      const header = (name: string): string | undefined => headerOf(post.request, name);
      const exchange = { connection, server, signal, streams: post.accept.events, header, notify: reply.notify };
      const over = (): void => {
        // Node keeps a response for a while: it must not keep the call with it.
        response.off('close', gone);
        flights.delete(controller);
      };
      const end = (answer: Answer): void => {
        over();
        if (isWithdrawn(signal)) reply.abandon();
        else reply.finish(answer);
      };
      const broke = (error: unknown): never => {
        over();
        throw error;
      };
      let answering: Promise<Answer> | Answer;
      try {
        answering = protocol.modern(message, exchange);
      } catch (error) {
        return broke(error);
      }
      return answering instanceof Promise ? answering.then(end, broke) : end(answering);
    },
    abort(reason) {
      for (const controller of flights) controller.abort(reason);
    },
  };
}
