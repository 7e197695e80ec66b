/**
 * The Streamable HTTP channel, both generations: every message is a POST of its own, the answer a JSON body or an event
 * stream. Sessions, the GET stream and DELETE exist only up to 2025-11-25 (basic/transports).
 */
import type { HttpDefinition } from '../config/types.ts';
import { NAMED } from '../protocol/headers.ts';
import { parseMessage, stringValue } from '../protocol/messages.ts';
import { encodeHeaderValue } from '../protocol/param-headers.ts';
import { isModern } from '../protocol/revisions.ts';
import { findMember } from '../protocol/scan.ts';
import { Canceller, type CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { pause } from '../shared/wait.ts';
import type { Authorization } from './authorization.ts';
import { authorized } from './authorized.ts';
import { type Channel, type ChannelHandlers, MAX_MESSAGE_BYTES, type OpenChannel, type Outgoing } from './channel.ts';
import { seconds, unavailable } from './failures.ts';
import { bodyText, createHttpClient, discard, type HttpResponse, readRefusal } from './http-client.ts';
import { readEvents, type StreamEnd } from './http-stream.ts';
import { refused } from './refusal.ts';
import { EventStreamError } from './sse.ts';
import { turnFor } from './turns.ts';
import type { Log } from './types.ts';
import type { Warn } from './warnings.ts';

/** Milliseconds that the end of a session may take. */
const DELETE_TIMEOUT_MS = 1000;
/** Milliseconds that a stream may stay open after its response. */
const LINGER_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
/** Visible ASCII (2025-11-25, basic/transports, Session Management). */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

export interface HttpOptions {
  readonly server: string;
  readonly definition: HttpDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly warn: Warn;
  readonly maxMessageBytes?: number | undefined;
  /** The credential that requests carry; undefined where the entry has all there is. */
  readonly authorization?: Authorization | undefined;
}

export function httpChannel(options: HttpOptions): OpenChannel {
  return (handlers) => openHttp(options, handlers);
}

function openHttp(options: HttpOptions, handlers: ChannelHandlers): Channel {
  const { server, log, warn } = options;
  const maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  const client = authorized(createHttpClient(server, options.definition, options.version), options.authorization);
  /** Ends everything that is under way. */
  const over = new Canceller();
  const running = new Map<number, Canceller>();
  let session: string | undefined;
  let revision: string | undefined;
  /** What requests wait for: the end of `notifications/initialized`, or a new session. */
  let gate: Promise<unknown> | undefined;

  let renewing: Promise<void> | undefined;
  /** What requests are refused with while the server rests (`Retry-After`). */
  let resting: { readonly until: number; readonly error: GatewayError } | undefined;

  const open = async (): Promise<void> => {
    while (gate !== undefined) await gate;
  };

  const closeGateWhile = (work: Promise<unknown>): void => {
    const closed = work
      .catch(() => undefined)
      .then(() => {
        if (gate === closed) gate = undefined;
      });
    gate = closed;
  };

  const legacyHeaders = (): Record<string, string> => ({
    ...(revision === undefined ? {} : { 'mcp-protocol-version': revision }),
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
  });

  const headersOf = (message: Outgoing): Record<string, string> => {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    if (message.method === 'initialize') return headers;
    const { revision: spoken } = message;
    if (spoken === undefined || !isModern(spoken)) return Object.assign(headers, legacyHeaders());
    headers['mcp-protocol-version'] = spoken;
    headers['mcp-method'] = message.method;
    return Object.assign(headers, nameHeader(message), message.headers);
  };

  const post = (message: Outgoing, signal: CancelSignal): Promise<HttpResponse> =>
    client.request({
      method: 'POST',
      headers: headersOf(message),
      body: message.text,
      signal,
      // Nobody reads what is answered to a notification.
      gather: message.id === undefined ? undefined : maxBytes,
    });

  /** Notifications and answers: nobody waits for them. */
  const tell = async (message: Outgoing): Promise<void> => {
    try {
      discard(await post(message, over.signal));
    } catch (error) {
      if (!over.signal.aborted)
        log.debug({ server, method: message.method, err: error }, 'a notification was not sent');
    }
  };

  /** A request, from its POST to its response. Rejects with what its caller shall see. */
  const exchange = async (message: Outgoing, id: number, signal: CancelSignal): Promise<void> => {
    const used = session;
    let response = await post(message, signal);
    if (!isSuccess(response) && (await mayGoAgain(message, id, response, used))) {
      response = await post(message, signal);
      if (!isSuccess(response)) await mayGoAgain(message, id, response, undefined);
    }
    if (!isSuccess(response)) return;
    if (message.method === 'initialize') session = readSession(response);
    if (response.whole === undefined) return receive(message, id, response, signal);
    const turn = turnFor(response.whole.length);
    if (turn !== undefined) await turn;
    if (!handlers.message(bodyText(server, response.whole), id)) {
      throw unavailable(server, 'sent an answer that is no message.');
    }
  };

  /**
   * A refusal: takes the answer that it may hold.
   * @param used the session of the request; undefined where it is not sent again.
   * @returns whether there is a new session, under which the request shall be sent again.
   */
  const mayGoAgain = async (
    message: Outgoing,
    id: number,
    response: HttpResponse,
    used: string | undefined,
  ): Promise<boolean> => {
    const text = await readRefusal(server, response);
    const answer = text === '' ? undefined : parseMessage(text, 'server');
    const isAnswer = answer?.kind === 'response' && answer.error !== undefined;
    // 404 ends a session; servers that lost it in a restart say 400. Neither has accepted the request.
    const lost = response.status === 404 || (response.status === 400 && (!isAnswer || answer.id === 'null'));
    if (used !== undefined && message.method !== 'initialize' && lost && !(isAnswer && answer.id !== 'null')) {
      await renewed(used);
      return true;
    }
    // What refuses a modern request without having read its id does not know the revision.
    const isForeign =
      isModernMessage(message) &&
      message.method !== 'server/discover' &&
      answer?.kind === 'response' &&
      answer.id === 'null';
    if (isForeign || !isAnswer || !handlers.message(text, id)) throw refusedNow(response);
    return false;
  };

  /** Remembers how long the server wants to be left alone. */
  const refusedNow = (response: HttpResponse): GatewayError => {
    const error = refused(server, response);
    const wait = error.data?.['retryAfterMs'];
    if (typeof wait === 'number' && wait > 0) resting = { until: Date.now() + wait, error };
    return error;
  };

  /** Resolves with a new session; everybody who lost the same one shares it. */
  const renewed = async (lost: string): Promise<void> => {
    if (session === lost) {
      session = undefined;
      renewing = handlers.renew();
      closeGateWhile(renewing);
    }
    await renewing;
    await open();
  };

  const readSession = (response: HttpResponse): string | undefined => {
    const id = response.header('mcp-session-id');
    if (id === undefined || SESSION_ID.test(id)) return id;
    throw unavailable(server, 'gave a session id that the protocol does not allow.');
  };

  const receive = async (
    message: Outgoing,
    id: number,
    response: HttpResponse,
    signal: CancelSignal,
  ): Promise<void> => {
    if (response.type === 'text/event-stream') return follow(message, id, response, signal);
    discard(response);
    throw unavailable(server, `answered with ${response.type === '' ? 'nothing' : 'neither JSON nor events'}.`);
  };

  /** Reads the stream of one request, and its continuations where the server gave its events ids. */
  const follow = async (message: Outgoing, id: number, first: HttpResponse, signal: CancelSignal): Promise<void> => {
    let lingering: NodeJS.Timeout | undefined;
    const read = (response: HttpResponse): Promise<StreamEnd> =>
      readEvents(response, maxBytes, ({ type, data }) => {
        if (type !== 'message' || data === '') return;
        if (!handlers.message(data, id)) warn('An event of the server is no message.');
        if (!handlers.waits(id)) lingering ??= setTimeout(() => response.body.destroy(), LINGER_MS).unref();
      });
    let end = await read(first);
    let lastId = end.lastId;
    const resumable = !isModernMessage(message);
    while (handlers.waits(id) && resumable && lastId !== undefined && !(end.error instanceof EventStreamError)) {
      await pause(end.retryMs, signal);
      if (!handlers.waits(id)) return;
      const headers = { ...legacyHeaders(), accept: 'text/event-stream', 'last-event-id': lastId };
      const response = await client.request({ method: 'GET', headers, signal });
      if (response.status !== 200 || response.type !== 'text/event-stream') {
        discard(response);
        break;
      }
      end = await read(response);
      lastId = end.lastId ?? lastId;
    }
    clearTimeout(lingering);
    if (!handlers.waits(id)) return;
    const broken = end.error instanceof EventStreamError ? `sent an event that is ${end.error.reason}.` : undefined;
    throw unavailable(server, broken ?? 'ended its answer before the response came.', { cause: end.error });
  };

  const start = async (message: Outgoing, id: number): Promise<void> => {
    const abort = new Canceller();
    running.set(id, abort);
    try {
      if (resting !== undefined && Date.now() < resting.until) throw stillResting(server, resting);
      if (gate !== undefined && message.method !== 'initialize') await open();
      if (!handlers.waits(id)) return;
      await exchange(message, id, abort.signal);
      if (handlers.waits(id)) throw unavailable(server, 'answered something else than the request it was sent.');
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : unavailable(server, 'broke off its answer.', { cause: error });
      handlers.failed(id, known);
    } finally {
      running.delete(id);
    }
  };

  /** Keeps the stream open on which the server speaks first; servers without one say 405. */
  const keepListening = async (): Promise<void> => {
    let lastId: string | undefined;
    let delay = 0;
    while (!over.signal.aborted) {
      const started = Date.now();
      let end: StreamEnd | undefined;
      try {
        await open();
        const resume = lastId === undefined ? undefined : { 'last-event-id': lastId };
        const headers = { ...legacyHeaders(), accept: 'text/event-stream', ...resume };
        const response = await client.request({ method: 'GET', headers, signal: over.signal });
        if (response.status === 405 || (response.status === 200 && response.type !== 'text/event-stream')) {
          return discard(response);
        }
        if (response.status === 200) {
          if (delay > 0 && lastId === undefined) handlers.missed();
          end = await readEvents(response, maxBytes, ({ type, data }) => {
            if (type === 'message' && data !== '') handlers.message(data);
          });
        } else {
          // The session may be over; the next request will find out.
          discard(response);
          lastId = undefined;
        }
      } catch (error) {
        if (!over.signal.aborted) log.debug({ server, err: error }, 'the stream of a server broke');
      }
      lastId = end?.lastId ?? lastId;
      const lived = Date.now() - started > LONGEST_DELAY_MS;
      delay = lived ? (end?.retryMs ?? 1000) : Math.min(Math.max(delay * 2, end?.retryMs ?? 1000), LONGEST_DELAY_MS);
      await pause(delay, over.signal);
    }
  };

  const endSession = async (): Promise<void> => {
    if (session === undefined) return;
    const headers = legacyHeaders();
    session = undefined;
    try {
      discard(await client.request({ method: 'DELETE', headers, signal: AbortSignal.timeout(DELETE_TIMEOUT_MS) }));
    } catch {
      // The server is gone, and its session with it.
    }
  };

  return {
    send: (message) => {
      if (over.signal.aborted) return;
      if (message.revision !== undefined && !isModernMessage(message)) revision = message.revision;
      if (message.id !== undefined) void start(message, message.id);
      else if (message.method === 'notifications/initialized') closeGateWhile(tell(message));
      else void tell(message);
    },
    cancel: (id, notification) => {
      // Up to 2025-11-25 a message cancels; from 2026-07-28 on it is the end of the stream.
      if (notification.revision !== undefined && !isModern(notification.revision)) void tell(notification);
      running.get(id)?.abort(unavailable(server, 'was told to stop.'));
    },
    listen: () => void keepListening(),
    close: async () => {
      if (over.signal.aborted) return;
      over.abort(unavailable(server, 'was disconnected.'));
      for (const abort of running.values()) abort.abort(over.signal.reason);
      await endSession();
      await client.close();
    },
    kill: () => over.abort(unavailable(server, 'was disconnected.')),
  };
}

function stillResting(server: string, { until, error }: { until: number; error: GatewayError }): GatewayError {
  const retryAfterMs = Math.max(1, until - Date.now());
  const what = `Server "${server}" asked to be left alone; the call was not sent. Try again in ${seconds(retryAfterMs)}.`;
  return new GatewayError(error.code, what, { data: { retryAfterMs } });
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

function isModernMessage({ revision }: Outgoing): boolean {
  return revision !== undefined && isModern(revision);
}

function nameHeader(message: Outgoing): Record<string, string> | undefined {
  const field = NAMED.get(message.method);
  if (field === undefined || message.headers?.['mcp-name'] !== undefined) return undefined;
  const parsed = parseMessage(message.text, 'server');
  const name = parsed.kind === 'request' ? stringValue(message.text, findMember(parsed.params, field)) : undefined;
  return name === undefined ? undefined : { 'mcp-name': encodeHeaderValue(name) };
}
