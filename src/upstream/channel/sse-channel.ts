/** The HTTP+SSE channel of 2024-11-05: one event stream for everything the server says, and an address to POST to. */

import { GatewayError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/parse-url.ts';
import type { Log } from '../contract.ts';
import { unavailable } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { authorized } from './authorization.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from './channel.ts';
import type { HttpChannelOptions } from './http-channel.ts';
import { createHttpClient, discard, EVENT_STREAM, type HttpClient, readRefusal } from './http-client.ts';
import { readEvents } from './http-event-stream.ts';
import type { HttpResponse } from './http-exchange.ts';
import { hasCredentialIn, refusalError } from './http-refusal.ts';
import { EventStreamError, type ServerEvent } from './sse-parser.ts';

export interface SseOptions extends HttpChannelOptions {
  /** Milliseconds until the server has to name the address for messages; undefined where the handshake alone has a limit. */
  readonly endpointMs?: number | undefined;
}

export function sseChannel(options: SseOptions): OpenChannel {
  return (handlers) => new SseChannel(options, handlers);
}

class SseChannel implements Channel {
  readonly #server: string;
  readonly #log: Log;
  readonly #warn: Warn;
  readonly #maxBytes: number;
  readonly #hasCredential: boolean;
  readonly #handlers: ChannelHandlers;
  readonly #client: HttpClient;
  readonly #closing = new AbortController();
  readonly #endpointTimer: NodeJS.Timeout | undefined;
  /** Path of the address for messages; undefined until the server names it. */
  #endpoint: string | undefined;
  /** Messages that wait for the address. */
  #waiting: Outgoing[] = [];

  constructor(options: SseOptions, handlers: ChannelHandlers) {
    const { server, definition, version, log, warn, maxMessageBytes, httpClient, authorization, endpointMs } = options;
    this.#server = server;
    this.#log = log;
    this.#warn = warn;
    this.#maxBytes = maxMessageBytes;
    this.#hasCredential = hasCredentialIn(definition.headers);
    this.#handlers = handlers;
    this.#client = authorized(createHttpClient(server, definition, version, httpClient), authorization);
    if (endpointMs !== undefined) {
      const fail = (): void => this.#finish(unavailable(server, 'names no address for messages.'));
      this.#endpointTimer = setTimeout(fail, endpointMs).unref();
      this.#closing.signal.addEventListener('abort', () => clearTimeout(this.#endpointTimer), { once: true });
    }
    void this.#readStream();
  }

  send(message: Outgoing): void {
    if (this.#closing.signal.aborted) return;
    if (this.#endpoint === undefined) this.#waiting.push(message);
    else void this.#post(message, this.#endpoint);
  }

  cancel(_id: number, notification: Outgoing): void {
    this.send(notification);
  }

  listen(): void {
    // The server speaks on the stream that is open anyway.
  }

  async close(): Promise<void> {
    this.kill();
    await this.#client.close();
  }

  kill(): void {
    this.#closing.abort(unavailable(this.#server, 'was disconnected.'));
  }

  /** Reads the stream to its end, with which the channel ends. Never rejects. */
  async #readStream(): Promise<void> {
    try {
      const { signal } = this.#closing;
      const response = await this.#client.request({ method: 'GET', headers: { ...EVENT_STREAM }, signal });
      if (response.status !== 200) return this.#finish(await this.#refusal(response));
      if (response.type !== 'text/event-stream') {
        response.body.destroy();
        return this.#finish(unavailable(this.#server, 'does not answer with an event stream.'));
      }
      const { error } = await readEvents(this.#server, response, this.#maxBytes, (event) => this.#handle(event));
      const what =
        error instanceof EventStreamError ? `sent an event that is ${error.reason}.` : 'closed its event stream.';
      this.#finish(unavailable(this.#server, what));
    } catch (error) {
      const isOurs = error instanceof GatewayError;
      this.#finish(isOurs ? error : unavailable(this.#server, 'cannot be reached.', { cause: error }));
    }
  }

  #handle({ type, data }: ServerEvent): Promise<void> | void {
    if (type === 'endpoint' && this.#endpoint === undefined) return this.#begin(data);
    if (type !== 'message') return;
    const isMessage = this.#handlers.message(data);
    if (typeof isMessage !== 'boolean') return isMessage.then((outcome) => this.#check(outcome));
    this.#check(isMessage);
  }

  #check(isMessage: boolean): void {
    if (!isMessage) this.#warn('An event of the server is no message.');
  }

  /** Takes the address for messages, and sends what waited for it. */
  #begin(address: string): void {
    const { url } = this.#client;
    const target = parseUrl(address, url);
    // The configured headers hold credentials, which belong to this origin alone.
    if (target?.origin !== url.origin) {
      this.#finish(
        unavailable(this.#server, 'names an address of another origin for its messages, which is not used.'),
      );
      return;
    }
    clearTimeout(this.#endpointTimer);
    this.#endpoint = target.pathname + target.search;
    this.#handlers.active();
    const messages = this.#waiting;
    this.#waiting = [];
    for (const message of messages) void this.#post(message, this.#endpoint);
  }

  /** Never rejects. */
  async #post(message: Outgoing, path: string): Promise<void> {
    const { id, method, text: body, revision } = message;
    const { signal } = this.#closing;
    try {
      const headers = {
        'content-type': 'application/json',
        ...(revision === undefined ? {} : { 'mcp-protocol-version': revision }),
      };
      const response = await this.#client.request({ method: 'POST', path, headers, body, signal });
      if (response.status >= 300) throw await this.#refusal(response);
      discard(response);
    } catch (error) {
      if (signal.aborted) return;
      if (id === undefined) this.#log.debug({ server: this.#server, method, err: error }, 'a message was not sent');
      else {
        const isOurs = error instanceof GatewayError;
        this.#handlers.failed(id, isOurs ? error : unavailable(this.#server, 'cannot be reached.'));
      }
    }
  }

  async #refusal(response: HttpResponse): Promise<GatewayError> {
    const text = await readRefusal(this.#server, response);
    return refusalError(this.#server, response, { text, hasCredential: this.#hasCredential });
  }

  #finish(error: GatewayError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(error);
    this.#handlers.closed(error);
    void this.#client.close();
  }
}
