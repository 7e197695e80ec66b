/** One POST to `/mcp`: reads its message and gives it to the endpoint of its era. */
import type { McpHandler } from '../../mcp/handler.ts';
import { declaredRevision } from '../../mcp/request-meta.ts';
import { refusal } from '../../mcp/response.ts';
import { type Message, parseLarge, parseMessage, type RequestMessage } from '../../protocol/json-rpc.ts';
import { type FoundIds, idsIn } from '../../protocol/request-id.ts';
import { isLegacy, isModern, UNDECLARED_REVISION } from '../../protocol/revisions.ts';
import { isLarge } from '../../shared/large-text.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import type { WorkerForwarding } from './forward-to-worker.ts';
import { LegacyEndpoint } from './legacy-endpoint.ts';
import { acknowledge, headerOf, type Post, send } from './mcp-post.ts';
import { ModernEndpoint } from './modern-endpoint.ts';
import type { Body } from './request-body.ts';
import type { Sessions } from './sessions.ts';

export interface PostRouterOptions {
  readonly handler: McpHandler;
  readonly sessions: Sessions;
  readonly credentialExpiry: CredentialExpiry;
  readonly maxMessageBytes: number;
  /** The requests of other workers; undefined where this is the only process. */
  readonly forwarding?: WorkerForwarding | undefined;
}

export class PostRouter {
  readonly legacy: LegacyEndpoint;
  readonly #modern: ModernEndpoint;
  readonly #forwarding: WorkerForwarding | undefined;
  readonly #maxMessageBytes: number;

  constructor({ handler, sessions, credentialExpiry, forwarding, maxMessageBytes }: PostRouterOptions) {
    this.legacy = new LegacyEndpoint(handler, sessions, credentialExpiry);
    this.#modern = new ModernEndpoint(handler, credentialExpiry);
    this.#forwarding = forwarding;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Answers a request whose body has been read. @returns when it is answered; undefined where it is already */
  receive(post: Post, body: Body): Promise<void> | void {
    switch (body.kind) {
      case 'text':
        if (isLarge(body.text.length)) return this.#routeLarge(post, body.text);
        return this.#route(post, parseMessage(body.text, 'caller'));
      case 'not UTF-8':
        return this.legacy.refuse(post, {
          kind: 'invalid',
          id: 'null',
          code: 'PARSE_ERROR',
          message: 'The body is not valid UTF-8.',
          responseId: idsIn(body.bytes).responseId,
        });
      case 'too large':
        return this.#refuseTooLarge(post, body.ids);
      case 'no room':
        return send(post, { ...refusal('null', 'RATE_LIMITED', NO_ROOM), status: 429 });
      case 'gone':
        return undefined;
    }
  }

  /** Where it may answer a question, its id is waited for: Node reads no further once it is answered. */
  async #refuseTooLarge(post: Post, ids: Promise<FoundIds | undefined>): Promise<void> {
    const message = `The body is larger than ${this.#maxMessageBytes} bytes.`;
    this.legacy.refuseAnswer(post, (await ids)?.responseId, message);
    send(post, { ...refusal('null', 'INVALID_REQUEST', message), status: 413 });
  }

  async #routeLarge(post: Post, text: string): Promise<void> {
    await this.#route(post, await parseLarge(text, 'caller'));
  }

  #route(post: Post, message: Message): Promise<void> | void {
    const version = headerOf(post.request, 'mcp-protocol-version');
    const isModernPost = version !== undefined && isModern(version);
    switch (message.kind) {
      case 'invalid':
        return this.legacy.refuse(post, message);
      case 'batch':
        return this.legacy.batch(post, message.text);
      case 'request':
        return this.#routeRequest(post, message, version, isModernPost);
      case 'notification':
        return isModernPost ? acknowledge(post) : this.legacy.accept(post, message);
      case 'response':
        return isModernPost ? send(post, NO_RESPONSES) : this.legacy.accept(post, message);
    }
  }

  #routeRequest(
    post: Post,
    message: RequestMessage,
    version: string | undefined,
    isModernPost: boolean,
  ): Promise<void> | void {
    const declared = declaredRevision(message);
    if (declared !== undefined) {
      const handOn = this.#forwarding?.ofRequest(message);
      if (handOn !== undefined) return handOn(post.request, post.response, message.text);
      return this.#modern.answer(post, message, declared);
    }
    if (message.method === 'initialize') return this.legacy.initialize(post, message);
    if (isModernPost) return this.#modern.answer(post, message, version as string);
    // 2025-11-25, transports, Protocol Version Header: an unsupported version is a 400.
    if (!isLegacy(version ?? UNDECLARED_REVISION)) {
      return send(post, refusal(message.id, 'INVALID_REQUEST', 'MCP-Protocol-Version is not a supported version.'));
    }
    return this.legacy.request(post, message);
  }
}

const NO_ROOM = 'Too many large requests of this caller are being answered: wait for their answers, then try again.';
const NO_RESPONSES = refusal('null', 'INVALID_REQUEST', 'This revision has no responses from clients.');
