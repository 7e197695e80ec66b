/** Requests of 2026-07-28 over HTTP: every one for itself; a caller that closes its connection cancels. */

import type { Exchange, McpHandler } from '../../mcp/handler.ts';
import { isWithdrawn } from '../../mcp/in-flight.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import type { RequestMessage } from '../../protocol/json-rpc.ts';
import { headerMismatch } from '../../protocol/request-headers.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { headerOf, type Post, send } from './mcp-post.ts';
import { Reply } from './mcp-reply.ts';

export interface ModernEndpoint {
  /** @param declared the protocol version that the request declares. */
  answer(post: Post, message: RequestMessage, declared: string): Promise<void> | void;
}

/** One request on its way: what the protocol sees of its caller. A class, because every call makes one. */
class Flight implements Exchange {
  readonly signal = new Canceller();
  readonly connection: Exchange['connection'];
  readonly server: string | undefined;
  readonly streams: boolean;
  readonly #post: Post;
  readonly #reply: Reply;

  constructor(post: Post) {
    this.connection = post.connection;
    this.server = post.server;
    this.streams = post.accept.events;
    this.#post = post;
    this.#reply = new Reply(post);
    if (post.response.destroyed) this.signal.abort();
    else post.response.on('close', this.#gone);
  }

  readonly header = (name: string): string | undefined => headerOf(this.#post.request, name);
  readonly notify = (text: string): void => this.#reply.notify(text);
  readonly #gone = (): void => this.signal.abort();

  /** Node keeps a response for a while: it must not keep the call with it. */
  over(): void {
    this.#post.response.off('close', this.#gone);
  }

  wait(): void {
    this.#reply.wait();
  }

  end(answer: McpResponse): void {
    if (isWithdrawn(this.signal)) this.#reply.abandon();
    else this.#reply.finish(answer);
  }
}

export function createModernEndpoint(protocol: McpHandler, credentialExpiry: CredentialExpiry): ModernEndpoint {
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
      const flight = new Flight(post);
      credentialExpiry.add(flight.signal, post.connection);
      const over = (): void => {
        credentialExpiry.remove(flight.signal);
        flight.over();
      };
      const end = (answer: McpResponse): void => {
        over();
        flight.end(answer);
      };
      const broke = (error: unknown): never => {
        over();
        throw error;
      };
      let answering: Promise<McpResponse> | McpResponse;
      try {
        answering = protocol.modern(message, flight);
      } catch (error) {
        return broke(error);
      }
      if (!(answering instanceof Promise)) return end(answering);
      flight.wait();
      return answering.then(end, broke);
    },
  };
}
