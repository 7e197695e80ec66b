/** `/mcp`: Streamable HTTP for both eras. Checks and counts requests; post-router.ts gives each to the endpoint of its era. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { type ByteBudget, type OwnerBudget, UNBOUNDED } from '../../shared/byte-budget.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { runInBatch } from '../../shared/event-loop-batch.ts';
import { headerOf, type Post, send } from './mcp-post.ts';
import { accepted } from './mcp-reply.ts';
import { PostRouter, type PostRouterOptions } from './post-router.ts';
import { type Body, readRequestBody } from './request-body.ts';

interface McpEndpointOptions extends PostRouterOptions {
  /** False while draining. */
  readonly open: () => boolean;
  readonly failed: (error: unknown) => void;
  /** The budget of requests that are being answered, and of answers that nobody reads. */
  readonly budget?: ByteBudget;
}

export class McpEndpoint {
  readonly #options: McpEndpointOptions;
  readonly #router: PostRouter;
  readonly #budgets = new WeakMap<Connection, OwnerBudget>();
  #active = 0;
  #isAborted = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: McpEndpointOptions) {
    this.#options = options;
    this.#router = new PostRouter(options);
  }

  /**
   * Answers one request.
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
  ): void {
    const handOn = this.#options.forwarding?.of(headerOf(request, 'mcp-session-id'));
    if (handOn !== undefined) {
      handOn(request, response);
      return;
    }
    const accept = accepted(request.headers.accept);
    const post = { request, response, connection, server, headers, accept, budget: this.#budgetOf(connection) };
    if (request.method === 'POST') this.#handlePost(post);
    // Behind the requests that came before it.
    else if (request.method === 'DELETE') runInBatch(() => this.#endSession(post));
    else if (request.method === 'GET' && accept.events && hasSession(request)) this.#router.legacy.listen(post);
    else {
      const answer = refusal('null', 'INVALID_REQUEST', 'Use POST for messages; GET and DELETE need a session.');
      send({ response, headers: { ...headers, allow: 'GET, POST, DELETE' } }, { ...answer, status: 405 });
    }
  }

  /** Resolves when no request is being answered. */
  idle(): Promise<void> {
    return this.#active === 0 ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Cancels what is still in flight, for good; it is answered with the reason. */
  abort(reason: GatewayError): void {
    this.#isAborted = true;
    this.#options.credentialExpiry.abort(reason);
    this.#options.sessions.closeAll(reason);
  }

  #budgetOf(connection: Connection): OwnerBudget {
    let budget = this.#budgets.get(connection);
    if (budget === undefined) {
      budget = this.#options.budget?.of(connection.owner) ?? UNBOUNDED;
      this.#budgets.set(connection, budget);
    }
    return budget;
  }

  #handlePost(post: Post): void {
    const refused = checkPost(post.request, this.#options.open());
    if (refused !== undefined) {
      post.request.resume();
      send(post, refused);
      return;
    }
    this.#active++;
    let giveBack: (() => void) | undefined;
    const room = (bytes: number): boolean => {
      giveBack = post.budget.hold(BYTES_HELD * bytes);
      return giveBack !== undefined;
    };
    const end = (): void => {
      giveBack?.();
      this.#end();
    };
    const fail = (error: unknown): void => {
      this.#fail(post, error);
      end();
    };
    const answer = (body: Body): void => {
      try {
        const answering = this.#isAborted ? send(post, SHUTTING_DOWN) : this.#router.receive(post, body);
        if (answering === undefined) end();
        else answering.then(end, fail);
      } catch (error) {
        fail(error);
      }
    };
    readRequestBody(post.request, this.#options.maxMessageBytes, room, (body) => runInBatch(() => answer(body)));
  }

  #endSession(post: Post): void {
    try {
      this.#router.legacy.end(post);
    } catch (error) {
      this.#fail(post, error);
    }
  }

  #end(): void {
    this.#active--;
    if (this.#active > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters = [];
  }

  #fail(post: Post, error: unknown): void {
    this.#options.failed(error);
    if (post.response.headersSent) post.response.destroy();
    else send(post, refusal('null', 'INTERNAL', 'The gateway failed on this request.'));
  }
}

function hasSession(request: IncomingMessage): boolean {
  return headerOf(request, 'mcp-session-id') !== undefined;
}

/** A request is bytes, and then a text. */
const BYTES_HELD = 2;
const SHUTTING_DOWN = refusal('null', 'SHUTTING_DOWN', 'The gateway is shutting down: try again later.');
const JSON_TYPE = 'application/json';

/** Checks what must hold before the body is read. */
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
