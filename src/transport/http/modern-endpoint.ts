/** Requests of 2026-07-28 over HTTP: every one for itself; a caller that closes its connection cancels. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Exchange, McpHandler } from '../../mcp/handler.ts';
import { isWithdrawn } from '../../mcp/in-flight.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import type { RequestMessage } from '../../protocol/json-rpc.ts';
import { headerMismatch } from '../../protocol/request-headers.ts';
import { CALLER_GONE, Canceller } from '../../shared/cancel.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { headerOf, type Post, send } from './mcp-post.ts';
import { HttpReply } from './mcp-reply.ts';

/** One request on its way: what the handler sees of its caller. A class, because every call makes one. */
class ModernExchange implements Exchange {
  readonly signal = new Canceller();
  readonly connection: Exchange['connection'];
  readonly server: string | undefined;
  readonly streams: boolean;
  readonly headers: IncomingHttpHeaders;
  /** The number under which it ends with its credential. */
  expiry = 0;
  readonly #post: Post;
  readonly #reply: HttpReply;

  constructor(post: Post) {
    this.connection = post.connection;
    this.server = post.server;
    this.streams = post.accept.events;
    this.headers = post.request.headers;
    this.#post = post;
    this.#reply = new HttpReply(post);
    if (post.response.destroyed) this.signal.abort(CALLER_GONE);
    else post.response.on('close', this.#cancel);
  }

  readonly header = (name: string): string | undefined => headerOf(this.#post.request, name);
  readonly notify = (text: string): void => this.#reply.notify(text);
  readonly #cancel = (): void => this.signal.abort(CALLER_GONE);

  /** Node keeps a response for a while: it must not keep the call with it. */
  release(): void {
    this.#post.response.off('close', this.#cancel);
  }

  /** The answer takes a while: an event stream may be needed. */
  wait(): void {
    this.#reply.wait();
  }

  finish(answer: McpResponse): void {
    if (isWithdrawn(this.signal)) this.#reply.abandon();
    else this.#reply.finish(answer);
  }
}

/** Answers POST of 2026-07-28. */
export class ModernEndpoint {
  readonly #handler: McpHandler;
  readonly #credentialExpiry: CredentialExpiry;

  constructor(handler: McpHandler, credentialExpiry: CredentialExpiry) {
    this.#handler = handler;
    this.#credentialExpiry = credentialExpiry;
  }

  /** @param declared the protocol version that the request declares */
  answer(post: Post, message: RequestMessage, declared: string): Promise<void> | void {
    const mismatch = headerMismatch(message, declared, {
      version: headerOf(post.request, 'mcp-protocol-version'),
      method: headerOf(post.request, 'mcp-method'),
      name: headerOf(post.request, 'mcp-name'),
    });
    if (mismatch !== undefined) {
      send(post, refusal(message.id, 'HEADER_MISMATCH', mismatch));
      return;
    }
    const exchange = new ModernExchange(post);
    exchange.expiry = this.#credentialExpiry.add(exchange.signal, post.connection);
    let answer: Promise<McpResponse> | McpResponse;
    try {
      answer = this.#handler.modern(message, exchange);
    } catch (error) {
      this.#release(exchange);
      throw error;
    }
    if (answer instanceof Promise) {
      exchange.wait();
      return this.#finishLater(exchange, answer);
    }
    this.#release(exchange);
    exchange.finish(answer);
  }

  async #finishLater(exchange: ModernExchange, pending: Promise<McpResponse>): Promise<void> {
    let answer: McpResponse;
    try {
      answer = await pending;
    } finally {
      this.#release(exchange);
    }
    exchange.finish(answer);
  }

  #release(exchange: ModernExchange): void {
    this.#credentialExpiry.remove(exchange.expiry);
    exchange.release();
  }
}
