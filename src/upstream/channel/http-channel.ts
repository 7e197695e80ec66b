/**
 * The Streamable HTTP channel, both generations: every message is a POST of its own, the answer a JSON body or an event
 * stream. Sessions (http-session.ts) and the GET stream (http-get-stream.ts) exist only up to 2025-11-25 (basic/transports).
 */

import type { Buffer } from 'node:buffer';
import type { HttpClientKind } from '../../config/settings.ts';
import type { HttpDefinition } from '../../config/snapshot.ts';
import { isModern } from '../../protocol/revisions.ts';
import { Canceller, type CancelSignal, follow } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { decodeLarge, isLarge } from '../../shared/large-text.ts';
import { NumberTable } from '../../shared/number-table.ts';
import { quoted } from '../../shared/quote-text.ts';
import { within } from '../../shared/wait-for.ts';
import type { Log } from '../contract.ts';
import { changesNothing, sessionRenewed, unavailable, withoutEffect } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { readFew } from './answer-budget.ts';
import { type Authorization, authorized } from './authorization.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from './channel.ts';
import { createHttpClient, discard, type HttpClient, readRefusal, utf8Of } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';
import { keepGetStream } from './http-get-stream.ts';
import { CHECK_ADDRESS, hasCredentialIn, refusalError } from './http-refusal.ts';
import { createHttpSession, type HttpSession } from './http-session.ts';
import { postHeaders } from './post-headers.ts';
import { interpretRefusal } from './refused-request.ts';
import { ResponseStream } from './response-stream.ts';
import { RetryAfter } from './retry-after.ts';

/** Milliseconds that requests wait at most until a server has taken `notifications/initialized`; some never answer it. */
const INITIALIZED_MS = 1000;
/** Milliseconds after which the answer to a notification is not waited for any more. */
const NOTIFICATION_MS = 30_000;

export interface HttpChannelOptions {
  readonly server: string;
  readonly definition: HttpDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly warn: Warn;
  readonly maxMessageBytes: number;
  /** The client for servers without TLS; default that of the gateway. */
  readonly httpClient?: HttpClientKind | undefined;
  /** The credential that requests carry; undefined where the entry has all there is. */
  readonly authorization?: Authorization | undefined;
}

export function httpChannel(options: HttpChannelOptions): OpenChannel {
  return (handlers) => new HttpChannel(options, handlers);
}

class HttpChannel implements Channel {
  readonly #server: string;
  readonly #log: Log;
  readonly #warn: Warn;
  readonly #maxBytes: number;
  readonly #hasCredential: boolean;
  readonly #handlers: ChannelHandlers;
  readonly #client: HttpClient;
  readonly #session: HttpSession;
  readonly #retryAfter: RetryAfter;
  /** Requests that wait for their response, by their id. */
  readonly #requests = new NumberTable<Canceller>();
  /** Ends everything that is under way. */
  readonly #closing = new Canceller();

  constructor(
    { server, definition, version, log, warn, maxMessageBytes, httpClient, authorization }: HttpChannelOptions,
    handlers: ChannelHandlers,
  ) {
    this.#server = server;
    this.#log = log;
    this.#warn = warn;
    this.#maxBytes = maxMessageBytes;
    this.#hasCredential = hasCredentialIn(definition.headers);
    this.#handlers = handlers;
    this.#client = authorized(createHttpClient(server, definition, version, httpClient), authorization);
    this.#session = createHttpSession(server, () => handlers.renew());
    this.#retryAfter = new RetryAfter(server);
  }

  send(message: Outgoing): void {
    if (this.#closing.aborted) return;
    const { id, method, revision } = message;
    if (revision !== undefined && !isModern(revision)) this.#session.speak(revision);
    if (id !== undefined) void this.#request(message, id);
    else if (method === 'notifications/initialized')
      this.#session.holdWhile(within(this.#notify(message), INITIALIZED_MS));
    else void this.#notify(message);
  }

  cancel(id: number, notification: Outgoing): void {
    // Up to 2025-11-25 a message cancels; from 2026-07-28 on it is the end of the stream.
    if (notification.revision !== undefined && !isModern(notification.revision)) void this.#notify(notification);
    this.#requests.get(id)?.abort(unavailable(this.#server, 'was told to stop.'));
  }

  listen(): void {
    void keepGetStream({
      server: this.#server,
      client: this.#client,
      session: this.#session,
      handlers: this.#handlers,
      maxBytes: this.#maxBytes,
      signal: this.#closing.signal,
      log: this.#log,
    });
  }

  async close(): Promise<void> {
    if (this.#closing.aborted) return;
    this.kill();
    for (const request of this.#requests.values()) request.abort(this.#closing.reason);
    await this.#session.end(this.#client);
    await this.#client.close();
  }

  kill(): void {
    this.#closing.abort(unavailable(this.#server, 'was disconnected.'));
  }

  /** A request, from its turn to its response, which the handlers get. Never rejects. */
  async #request(message: Outgoing, id: number): Promise<void> {
    const canceller = new Canceller();
    this.#requests.add(id, canceller);
    try {
      this.#retryAfter.check();
      const before = this.#session.id;
      if (this.#session.isHeld && message.method !== 'initialize') await this.#session.ready();
      if (message.isBound === true && this.#session.id !== before) throw sessionRenewed(this.#server);
      if (!this.#handlers.waits(id)) return;
      await this.#exchange(message, id, canceller.signal);
      if (this.#handlers.waits(id)) {
        throw unavailable(this.#server, 'answered something else than the request it was sent.');
      }
    } catch (error) {
      const isOurs = error instanceof GatewayError;
      this.#handlers.failed(id, isOurs ? error : unavailable(this.#server, 'broke off its answer.', { cause: error }));
    } finally {
      this.#requests.delete(id);
    }
  }

  /** Sends a request, once more where its session was lost, and reads what is answered. Rejects with what its caller shall see. */
  async #exchange(message: Outgoing, id: number, signal: CancelSignal): Promise<void> {
    const sessionId = this.#session.id;
    let response = await this.#post(message, signal);
    if (!isSuccess(response) && (await this.#handleRefusal(message, id, response, sessionId))) {
      response = await this.#post(message, signal);
      if (!isSuccess(response)) await this.#handleRefusal(message, id, response, undefined);
    }
    if (!isSuccess(response)) return;
    if (message.method === 'initialize') this.#session.begin(response);
    if (response.whole === undefined) return this.#readStream(message, id, response, signal);
    const isMessage = this.#readWhole(response, response.whole, id);
    if (!(typeof isMessage === 'boolean' ? isMessage : await isMessage)) {
      throw unavailable(this.#server, 'sent an answer that is no message.');
    }
  }

  #post(message: Outgoing, signal: CancelSignal): Promise<HttpResponse> {
    return this.#client.request({
      method: 'POST',
      headers: postHeaders(message, this.#session),
      body: message.text,
      signal,
      // Nobody reads what is answered to a notification.
      gather: message.id === undefined ? undefined : this.#maxBytes,
    });
  }

  /** Hands on a body that came as a whole. @returns false where it is no message */
  #readWhole(response: HttpResponse, body: Buffer, id: number): boolean | Promise<boolean> {
    if (body.length === 0) throw unavailable(this.#server, `answered with nothing. ${CHECK_ADDRESS}`);
    const bytes = utf8Of(this.#server, body);
    if (!isLarge(bytes.length)) return this.#handlers.message(bytes.toString('utf8'), id);
    return readFew(async () => this.#handlers.message(await decodeLarge(bytes), id)).finally(() => response.release());
  }

  #readStream(message: Outgoing, id: number, response: HttpResponse, signal: CancelSignal): Promise<void> {
    if (response.type !== 'text/event-stream') {
      discard(response);
      const what = `answered with neither JSON nor events (${quoted(response.type, 60)}). ${CHECK_ADDRESS}`;
      throw unavailable(this.#server, what);
    }
    const options = {
      server: this.#server,
      client: this.#client,
      session: this.#session,
      handlers: this.#handlers,
      warn: this.#warn,
      maxBytes: this.#maxBytes,
    };
    return new ResponseStream(options, message, id, signal).read(response);
  }

  /**
   * Takes the answer that a refusal may hold.
   * @param sessionId of the session that the request was sent in; undefined where it is not sent again.
   * @returns true where there is a new session, under which the request shall be sent again.
   */
  async #handleRefusal(
    message: Outgoing,
    id: number,
    response: HttpResponse,
    sessionId: string | undefined,
  ): Promise<boolean> {
    const text = await readRefusal(this.#server, response);
    const { isResponse, session } = interpretRefusal(message, id, response.status, text);
    if (sessionId !== undefined && message.method !== 'initialize' && session !== 'kept') {
      const renewal = this.#session.renew(sessionId).catch((error: unknown) => Promise.reject(withoutEffect(error)));
      if (session === 'refused' || changesNothing(message.method)) {
        await renewal;
        if (message.isBound === true) throw sessionRenewed(this.#server);
        return true;
      }
      // The next request has a new session, and this one is not sent again: it may have taken effect.
      renewal.catch(() => undefined);
      throw unavailable(this.#server, `answered with HTTP ${response.status}.`);
    }
    if (isResponse && (await this.#handlers.message(text, id))) return false;
    const error = refusalError(this.#server, response, { text, hasCredential: this.#hasCredential });
    this.#retryAfter.noteRefusal(error);
    throw error;
  }

  /** Sends a notification or an answer, for which nobody waits. Never rejects. */
  async #notify(message: Outgoing): Promise<void> {
    const canceller = new Canceller();
    const release = follow(canceller, this.#closing.signal);
    const timer = setTimeout(
      () => canceller.abort(unavailable(this.#server, 'did not answer a notification.')),
      NOTIFICATION_MS,
    ).unref();
    try {
      discard(await this.#post(message, canceller.signal));
    } catch (error) {
      if (!this.#closing.aborted) {
        const fields = { server: this.#server, method: message.method, err: error };
        this.#log.debug(fields, 'a notification was not taken');
      }
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}
