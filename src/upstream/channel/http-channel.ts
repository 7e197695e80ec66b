/**
 * The Streamable HTTP channel, both generations: every message is a POST of its own, the answer a JSON body or an event
 * stream. Sessions (http-session.ts) and the GET stream (http-get-stream.ts) exist only up to 2025-11-25 (basic/transports).
 */
import type { HttpDefinition } from '../../config/snapshot.ts';
import { parseMessage, stringValue } from '../../protocol/json-rpc.ts';
import { encodeHeaderValue } from '../../protocol/param-headers.ts';
import { NAMED } from '../../protocol/request-headers.ts';
import { isModern } from '../../protocol/revisions.ts';
import { findMember } from '../../protocol/scan.ts';
import { Canceller, type CancelSignal, follow } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { decodeLarge, isLarge } from '../../shared/large-text.ts';
import { quoted } from '../../shared/quote-text.ts';
import { pause, within } from '../../shared/wait-for.ts';
import type { Log } from '../contract.ts';
import { changesNothing, seconds, unavailable, WITHOUT_EFFECT, withoutEffect } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { readFew } from './answer-budget.ts';
import type { Authorization } from './authorization.ts';
import { authorized } from './authorized-client.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from './channel.ts';
import { createHttpClient, discard, EVENT_STREAM, readRefusal, utf8Of } from './http-client.ts';
import { readEvents, type StreamEnd } from './http-event-stream.ts';
import type { HttpResponse } from './http-exchange.ts';
import { keepListening } from './http-get-stream.ts';
import { CHECK_ADDRESS, hasCredentialIn, isOldTransport, oldTransport, refused } from './http-refusal.ts';
import { createHttpSession } from './http-session.ts';
import { EventStreamError } from './sse-parser.ts';

/** Methods with which a server is found out about. */
const HANDSHAKE: ReadonlySet<string> = new Set(['server/discover', 'initialize']);
/** Milliseconds that requests wait at most until a server has taken `notifications/initialized`; some never answer it. */
const INITIALIZED_MS = 1000;
/** Milliseconds after which the answer to a notification is not waited for any more. */
const TELL_MS = 30_000;
/** Milliseconds that a stream may stay open after its response. */
const LINGER_MS = 1000;

export interface HttpOptions {
  readonly server: string;
  readonly definition: HttpDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly warn: Warn;
  readonly maxMessageBytes: number;
  /** The credential that requests carry; undefined where the entry has all there is. */
  readonly authorization?: Authorization | undefined;
}

export function httpChannel(options: HttpOptions): OpenChannel {
  return (handlers) => openHttp(options, handlers);
}

function openHttp(options: HttpOptions, handlers: ChannelHandlers): Channel {
  const { server, log, warn, maxMessageBytes: maxBytes } = options;
  const client = authorized(createHttpClient(server, options.definition, options.version), options.authorization);
  /** Ends everything that is under way. */
  const over = new Canceller();
  const running = new Map<number, Canceller>();
  const hasCredential = hasCredentialIn(options.definition.headers);
  const session = createHttpSession(server, () => handlers.renew());
  /** What requests are refused with while the server rests (`Retry-After`). */
  let resting: { readonly until: number; readonly error: GatewayError } | undefined;

  const headersOf = (message: Outgoing): Record<string, string> => {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    if (message.method === 'initialize') return headers;
    const { revision: spoken } = message;
    if (spoken === undefined || !isModern(spoken)) return Object.assign(headers, session.headers());
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
    const ending = new Canceller();
    const release = follow(ending, over.signal);
    const timer = setTimeout(
      () => ending.abort(unavailable(server, 'did not answer a notification.')),
      TELL_MS,
    ).unref();
    try {
      discard(await post(message, ending.signal));
    } catch (error) {
      if (!over.signal.aborted)
        log.debug({ server, method: message.method, err: error }, 'a notification was not taken');
    } finally {
      clearTimeout(timer);
      release();
    }
  };

  /** A request, from its POST to its response. Rejects with what its caller shall see. */
  const exchange = async (message: Outgoing, id: number, signal: CancelSignal): Promise<void> => {
    const used = session.id;
    let response = await post(message, signal);
    if (!isSuccess(response) && (await mayGoAgain(message, id, response, used))) {
      response = await post(message, signal);
      if (!isSuccess(response)) await mayGoAgain(message, id, response, undefined);
    }
    if (!isSuccess(response)) return;
    if (message.method === 'initialize') session.begin(response);
    if (response.whole === undefined) return receive(message, id, response, signal);
    if (response.whole.length === 0) throw unavailable(server, `answered with nothing. ${CHECK_ADDRESS}`);
    const bytes = utf8Of(server, response.whole);
    const taken = isLarge(bytes.length)
      ? await readFew(async () => handlers.message(await decodeLarge(bytes), id)).finally(() => response.done())
      : handlers.message(bytes.toString('utf8'), id);
    if (!(typeof taken === 'boolean' ? taken : await taken)) {
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
    // Some servers refuse what they have not read with an error under an id of their own making.
    const isOwn = isAnswer && isIdOf(answer.id, id);
    const isUnread = isAnswer && !isOwn;
    // 404 ends a session; servers that lost it in a restart say 400.
    const mayBeLost =
      !isOwn &&
      (response.status === 404 ||
        (response.status === 400 && (!isUnread || answer.id === 'null' || isAboutSession(text))));
    if (used !== undefined && message.method !== 'initialize' && mayBeLost) {
      const renewed = session.renew(used).catch((error: unknown) => Promise.reject(withoutEffect(error)));
      if (isRefusedSession(response.status, text, isAnswer) || changesNothing(message.method)) {
        await renewed;
        return true;
      }
      // It may as well be what came of the work: the next request has a new session, and this one is not sent again.
      renewed.catch(() => undefined);
      throw unavailable(server, `answered with HTTP ${response.status}.`);
    }
    // What refuses a modern request without having read its id does not know the revision.
    const isForeign = isModernMessage(message) && message.method !== 'server/discover' && isUnread;
    if (isForeign || !isAnswer || !(await handlers.message(text, id))) throw refusedNow(response, text);
    return false;
  };

  /** Remembers how long the server wants to be left alone. */
  const refusedNow = (response: HttpResponse, text: string): GatewayError => {
    const error = refused(server, response, { text, hasCredential });
    const wait = error.data?.['retryAfterMs'];
    if (typeof wait === 'number' && wait > 0) resting = { until: performance.now() + wait, error };
    return error;
  };

  const receive = async (
    message: Outgoing,
    id: number,
    response: HttpResponse,
    signal: CancelSignal,
  ): Promise<void> => {
    if (response.type === 'text/event-stream') return readStream(message, id, response, signal);
    discard(response);
    throw unavailable(server, `answered with neither JSON nor events (${quoted(response.type, 60)}). ${CHECK_ADDRESS}`);
  };

  /** Reads the stream of one request, and its continuations where the server gave its events ids. */
  const readStream = async (
    message: Outgoing,
    id: number,
    first: HttpResponse,
    signal: CancelSignal,
  ): Promise<void> => {
    let lingering: NodeJS.Timeout | undefined;
    const read = (response: HttpResponse): Promise<StreamEnd> =>
      readEvents(server, response, maxBytes, ({ type, data }) => {
        if (type === 'endpoint' && HANDSHAKE.has(message.method)) throw oldTransport(server);
        if (type !== 'message' || data === '') return;
        const took = (isMessage: boolean): void => {
          if (!isMessage) warn('An event of the server is no message.');
          if (!handlers.waits(id)) lingering ??= setTimeout(() => response.body.destroy(), LINGER_MS).unref();
        };
        const taken = handlers.message(data, id);
        return typeof taken === 'boolean' ? took(taken) : taken.then(took);
      });
    let end = await read(first);
    let lastId = end.lastId;
    const resumable = !isModernMessage(message);
    while (handlers.waits(id) && resumable && lastId !== undefined && !(end.error instanceof EventStreamError)) {
      await pause(end.retryMs, signal);
      if (!handlers.waits(id)) return;
      const headers = { ...session.headers(), ...EVENT_STREAM, 'last-event-id': lastId };
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
    if (isOldTransport(end.error)) throw end.error;
    const broken = end.error instanceof EventStreamError ? `sent an event that is ${end.error.reason}.` : undefined;
    throw unavailable(server, broken ?? 'ended its answer before the response came.', { cause: end.error });
  };

  const start = async (message: Outgoing, id: number): Promise<void> => {
    const abort = new Canceller();
    running.set(id, abort);
    try {
      if (resting !== undefined && performance.now() < resting.until) throw stillResting(server, resting);
      if (session.isHeld && message.method !== 'initialize') await session.ready();
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

  return {
    send: (message) => {
      if (over.signal.aborted) return;
      if (message.revision !== undefined && !isModern(message.revision)) session.speak(message.revision);
      if (message.id !== undefined) void start(message, message.id);
      else if (message.method === 'notifications/initialized') session.holdWhile(within(tell(message), INITIALIZED_MS));
      else void tell(message);
    },
    cancel: (id, notification) => {
      // Up to 2025-11-25 a message cancels; from 2026-07-28 on it is the end of the stream.
      if (notification.revision !== undefined && !isModern(notification.revision)) void tell(notification);
      running.get(id)?.abort(unavailable(server, 'was told to stop.'));
    },
    listen: () => void keepListening({ server, client, session, handlers, maxBytes, signal: over.signal, log }),
    close: async () => {
      if (over.signal.aborted) return;
      over.abort(unavailable(server, 'was disconnected.'));
      for (const abort of running.values()) abort.abort(over.signal.reason);
      await session.end(client);
      await client.close();
    },
    kill: () => over.abort(unavailable(server, 'was disconnected.')),
  };
}

function stillResting(server: string, { until, error }: { until: number; error: GatewayError }): GatewayError {
  const retryAfterMs = Math.max(1, until - performance.now());
  const what = `Server "${server}" asked to be left alone; the call was not sent. Try again in ${seconds(retryAfterMs)}.`;
  return new GatewayError(error.code, what, { data: { retryAfterMs, ...WITHOUT_EFFECT } });
}

/** Whether this refuses the session of a request, so that nothing was done: 404 alone does (2025-11-25, basic/transports). */
function isRefusedSession(status: number, text: string, isAnswer: boolean): boolean {
  return (status === 404 && (text === '' || isAnswer)) || isAboutSession(text);
}

function isAboutSession(text: string): boolean {
  return /session|initiali[sz]e/i.test(text);
}

/** Whether the text of an id, which may have come back as a string, is that of a request. */
function isIdOf(text: string, id: number): boolean {
  return text === String(id) || text === `"${id}"`;
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
