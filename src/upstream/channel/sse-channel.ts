/** The HTTP+SSE channel of 2024-11-05: one event stream for everything the server says, and an address to POST to. */
import { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import { authorized } from './authorized-client.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from './channel.ts';
import type { HttpOptions } from './http-channel.ts';
import { createHttpClient, discard, EVENT_STREAM, readRefusal } from './http-client.ts';
import { readEvents } from './http-event-stream.ts';
import type { HttpResponse } from './http-exchange.ts';
import { hasCredentialIn, refusalError } from './http-refusal.ts';
import { EventStreamError, type ServerEvent } from './sse-parser.ts';

export interface SseOptions extends HttpOptions {
  /** Milliseconds until the server has to name the address for messages; undefined where the handshake alone has a limit. */
  readonly endpointMs?: number | undefined;
}

export function sseChannel(options: SseOptions): OpenChannel {
  return (handlers) => openSse(options, handlers);
}

function openSse(options: SseOptions, handlers: ChannelHandlers): Channel {
  const { server, log, warn, maxMessageBytes: maxBytes } = options;
  const client = authorized(createHttpClient(server, options.definition, options.version), options.authorization);
  const hasCredential = hasCredentialIn(options.definition.headers);
  const over = new AbortController();
  let endpoint: string | undefined;
  /** Messages that wait for the address. */
  let waiting: Outgoing[] = [];

  const finish = (error: GatewayError): void => {
    if (over.signal.aborted) return;
    over.abort(error);
    handlers.closed(error);
    void client.close();
  };

  const refusal = async (response: HttpResponse): Promise<GatewayError> =>
    refusalError(server, response, { text: await readRefusal(server, response), hasCredential });

  const post = async (message: Outgoing, path: string): Promise<void> => {
    try {
      const headers = {
        'content-type': 'application/json',
        ...(message.revision === undefined ? {} : { 'mcp-protocol-version': message.revision }),
      };
      const response = await client.request({ method: 'POST', path, headers, body: message.text, signal: over.signal });
      if (response.status >= 300) throw await refusal(response);
      discard(response);
    } catch (error) {
      if (over.signal.aborted) return;
      if (message.id === undefined) log.debug({ server, method: message.method, err: error }, 'a message was not sent');
      else
        handlers.failed(message.id, error instanceof GatewayError ? error : unavailable(server, 'cannot be reached.'));
    }
  };

  const took = (isMessage: boolean): void => {
    if (!isMessage) warn('An event of the server is no message.');
  };

  const event = ({ type, data }: ServerEvent): Promise<void> | void => {
    if (type === 'message') {
      const taken = handlers.message(data);
      return typeof taken === 'boolean' ? took(taken) : taken.then(took);
    }
    if (type === 'endpoint' && endpoint === undefined) {
      const target = URL.canParse(data, client.url.href) ? new URL(data, client.url) : undefined;
      // The configured headers hold credentials, which belong to this origin alone.
      if (target?.origin !== client.url.origin) {
        finish(unavailable(server, 'names an address of another origin for its messages, which is not used.'));
        return;
      }
      clearTimeout(late);
      endpoint = target.pathname + target.search;
      handlers.active();
      const first = waiting;
      waiting = [];
      for (const message of first) void post(message, endpoint);
    }
  };

  const listen = async (): Promise<void> => {
    try {
      const headers = { ...EVENT_STREAM };
      const response = await client.request({ method: 'GET', headers, signal: over.signal });
      if (response.status !== 200) return finish(await refusal(response));
      if (response.type !== 'text/event-stream') {
        response.body.destroy();
        return finish(unavailable(server, 'does not answer with an event stream.'));
      }
      const { error } = await readEvents(server, response, maxBytes, event);
      const what =
        error instanceof EventStreamError ? `sent an event that is ${error.reason}.` : 'closed its event stream.';
      finish(unavailable(server, what));
    } catch (error) {
      finish(error instanceof GatewayError ? error : unavailable(server, 'cannot be reached.', { cause: error }));
    }
  };

  const send = (message: Outgoing): void => {
    if (over.signal.aborted) return;
    if (endpoint === undefined) waiting.push(message);
    else void post(message, endpoint);
  };

  const late =
    options.endpointMs === undefined
      ? undefined
      : setTimeout(() => finish(unavailable(server, 'names no address for messages.')), options.endpointMs).unref();
  over.signal.addEventListener('abort', () => clearTimeout(late), { once: true });
  void listen();
  return {
    send,
    cancel: (_id, notification) => send(notification),
    listen: () => undefined,
    close: async () => {
      over.abort(unavailable(server, 'was disconnected.'));
      await client.close();
    },
    kill: () => over.abort(unavailable(server, 'was disconnected.')),
  };
}
