/** The event stream that answers one request, with its continuations where the server gave its events ids (up to 2025-11-25). */
import { isModern } from '../../protocol/revisions.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { pause } from '../../shared/wait-for.ts';
import { unavailable } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import type { ChannelHandlers, Outgoing } from './channel.ts';
import { discard, EVENT_STREAM, type HttpClient } from './http-client.ts';
import { readEvents, type StreamEnd } from './http-event-stream.ts';
import type { HttpResponse } from './http-exchange.ts';
import { isOldTransport, oldTransport } from './http-refusal.ts';
import type { HttpSession } from './http-session.ts';
import { EventStreamError, type ServerEvent } from './sse-parser.ts';

/** Methods with which a server is found out about. */
const HANDSHAKE: ReadonlySet<string> = new Set(['server/discover', 'initialize']);
/** Milliseconds that a stream may stay open after its response. */
const LINGER_MS = 1000;

interface ResponseStreamOptions {
  readonly server: string;
  readonly client: Pick<HttpClient, 'request'>;
  readonly session: Pick<HttpSession, 'headers'>;
  readonly handlers: Pick<ChannelHandlers, 'message' | 'waits'>;
  readonly warn: Warn;
  readonly maxBytes: number;
}

export class ResponseStream {
  readonly #options: ResponseStreamOptions;
  readonly #request: Outgoing;
  readonly #id: number;
  readonly #signal: CancelSignal;
  #lingerTimer: NodeJS.Timeout | undefined;

  constructor(options: ResponseStreamOptions, request: Outgoing, id: number, signal: CancelSignal) {
    this.#options = options;
    this.#request = request;
    this.#id = id;
    this.#signal = signal;
  }

  /** Hands on what comes until the response did. @throws GatewayError SERVER_UNAVAILABLE where the streams end before that */
  async read(response: HttpResponse): Promise<void> {
    const { server } = this.#options;
    let end = await this.#readEvents(response);
    if (this.#isResumable) end = await this.#resume(end);
    clearTimeout(this.#lingerTimer);
    if (!this.#isOpen) return;
    const { error: cause } = end;
    if (isOldTransport(cause)) throw cause;
    const what =
      cause instanceof EventStreamError
        ? `sent an event that is ${cause.reason}.`
        : 'ended its answer before the response came.';
    throw unavailable(server, what, { cause });
  }

  /** False once the request has its response, or nobody waits for it any more. */
  get #isOpen(): boolean {
    return this.#options.handlers.waits(this.#id);
  }

  get #isResumable(): boolean {
    const { revision } = this.#request;
    return revision === undefined || !isModern(revision);
  }

  /** Reads on where a stream was left, as often as it breaks. @returns where the last one was left */
  async #resume(first: StreamEnd): Promise<StreamEnd> {
    const { client, session } = this.#options;
    let end = first;
    let { lastId } = first;
    while (this.#isOpen && lastId !== undefined && !(end.error instanceof EventStreamError)) {
      await pause(end.retryMs, this.#signal);
      if (!this.#isOpen) break;
      const headers = { ...session.headers(), ...EVENT_STREAM, 'last-event-id': lastId };
      const response = await client.request({ method: 'GET', headers, signal: this.#signal });
      if (response.status !== 200 || response.type !== 'text/event-stream') {
        discard(response);
        break;
      }
      end = await this.#readEvents(response);
      lastId = end.lastId ?? lastId;
    }
    return end;
  }

  #readEvents(response: HttpResponse): Promise<StreamEnd> {
    const { server, maxBytes } = this.#options;
    return readEvents(server, response, maxBytes, (event) => this.#handle(event, response));
  }

  #handle({ type, data }: ServerEvent, response: HttpResponse): Promise<void> | void {
    const { server, handlers } = this.#options;
    if (type === 'endpoint' && HANDSHAKE.has(this.#request.method)) throw oldTransport(server);
    if (type !== 'message' || data === '') return;
    const isMessage = handlers.message(data, this.#id);
    if (typeof isMessage !== 'boolean') return isMessage.then((outcome) => this.#conclude(outcome, response));
    this.#conclude(isMessage, response);
  }

  #conclude(isMessage: boolean, { body }: HttpResponse): void {
    if (!isMessage) this.#options.warn('An event of the server is no message.');
    if (!this.#isOpen) this.#lingerTimer ??= setTimeout(() => body.destroy(), LINGER_MS).unref();
  }
}
