/**
 * One JSON-RPC peer: gives requests their own ids, matches what comes back, restarts time-outs on progress, cancels. Every
 * request that is pending when the channel breaks fails at once and is never sent again.
 */

import type { ConnectionSpans } from '../../observe/tracing.ts';
import { notificationText } from '../../protocol/era-codec.ts';
import {
  type Message,
  type NotificationMessage,
  parseLarge,
  parseMessage,
  type ResponseMessage,
} from '../../protocol/json-rpc.ts';
import { elementsInTurns, joinMembers } from '../../protocol/json-text.ts';
import { findMember } from '../../protocol/members.ts';
import { isModern } from '../../protocol/revisions.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { isLarge } from '../../shared/large-text.ts';
import { quoted } from '../../shared/quote-text.ts';
import { createSlices } from '../../shared/slices.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from '../channel/channel.ts';
import { beforeSending, unavailable } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { capabilitiesMeta, modernMeta, requestText } from './envelope.ts';
import { hasWork } from './message-cause.ts';
import { type CallOptions, PendingRequests, type ResponseReader } from './pending-requests.ts';
import { relayedMembers } from './response-text.ts';
import { type ServerMessageHandlers, ServerMessages } from './server-messages.ts';
import { TracedReader } from './traced-reader.ts';

/** Messages that a batch of a server may have. */
const MAX_BATCH = 1000;
/** Characters of an answer that cannot be read in its error. */
const QUOTED_CHARACTERS = 200;

/** Notifications about the server and not about a request. */
const ABOUT_SERVER: ReadonlySet<string> = new Set([
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/subscriptions/acknowledged',
  'notifications/tasks',
  'notifications/tasks/status',
]);

const unread: ResponseReader<ResponseMessage> = { read: (message) => message, fail: (error) => error };

export interface JsonRpcPeerOptions extends ServerMessageHandlers {
  readonly server: string;
  /** Version of the gateway, for `clientInfo`. */
  readonly version: string;
  readonly warn: Warn;
  /** Replaces secrets in what is quoted; default none. */
  readonly redact?: (text: string) => string;
  /** The spans of its requests; undefined where nobody asked for any. */
  readonly spans?: ConnectionSpans | undefined;
  /** The server wrote a message for the first time. */
  readonly onActive?: () => void;
  /** Initializes again; for channels with sessions. */
  readonly renewSession?: () => Promise<void>;
  /** Notifications may have been missed. */
  readonly onMissed?: () => void;
  /** Takes a notification about the server itself, such as a changed list. */
  readonly onServerChange: (message: NotificationMessage) => void;
  readonly onClose: (error: GatewayError) => void;
}

export class JsonRpcPeer {
  readonly #options: JsonRpcPeerOptions;
  readonly #pending: PendingRequests;
  readonly #serverMessages: ServerMessages;
  readonly #channel: Channel;
  #revision: string | undefined;
  /** Fields of `_meta` that every request has. */
  #meta = '';
  #closeReason: GatewayError | undefined;
  #closing: Promise<void> | undefined;
  #heardAt = 0;

  constructor(open: OpenChannel, options: JsonRpcPeerOptions) {
    this.#options = options;
    this.#pending = new PendingRequests(options.server, (id, reason) => this.#sendCancelled(id, reason));
    this.#serverMessages = new ServerMessages({
      pending: this.#pending,
      handlers: options,
      warn: options.warn,
      isModern: () => this.#isModern(),
      respond: (text) => {
        if (this.#closeReason === undefined) this.#channel.send(this.#outgoing('', text));
      },
    });
    this.#channel = open(this.#channelHandlers());
  }

  /** @throws GatewayError TIMEOUT or SERVER_UNAVAILABLE, or the reason of the signal. */
  call(method: string, params: string, options: CallOptions): Promise<ResponseMessage> {
    return this.request(method, params, options, unread);
  }

  /** The same, read at once: whoever waits then waits once. */
  request<T>(method: string, params: string, options: CallOptions, reader: ResponseReader<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const reason = this.#closeReason;
      if (reason !== undefined) reject(reader.fail(beforeSending(method, reason)));
      else if (options.signal?.aborted) reject(reader.fail(options.signal.reason));
      else {
        const traced = this.#options.spans && new TracedReader(reader, this.#options.spans);
        const { id } = this.#pending.add(method, options, traced ?? reader, resolve, reject);
        const trace = traced?.begin(id, method, params, this.#revision, options);
        const text = requestText(id, method, params, this.#metaOf(id, options, trace));
        this.#channel.send(this.#outgoing(method, text, id, options));
      }
    });
  }

  notify(method: string, params: string): void {
    if (this.#closeReason === undefined) this.#channel.send(this.#outgoing(method, notificationText(method, params)));
  }

  /** The revision of everything sent from now on; undefined while none is agreed. */
  speak(revision: string | undefined): void {
    this.#revision = revision;
    this.#meta = this.#isModern() ? modernMeta(revision ?? '', this.#options.version) : '';
  }

  listen(): void {
    this.#channel.listen();
  }

  /** True where the server may work on a call of a caller: pending, or given up. */
  get isBusy(): boolean {
    return hasWork(this.#pending);
  }

  /** The time at which the server last said anything, in milliseconds of `performance.now`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The reason why it is closed; undefined while it is not. */
  get closeReason(): GatewayError | undefined {
    return this.#closeReason;
  }

  /** Fails what is pending with this error and closes the channel. */
  close(error: GatewayError): Promise<void> {
    this.#end(error);
    this.#closing ??= this.#channel.close();
    return this.#closing;
  }

  kill(): void {
    this.#channel.kill();
  }

  #channelHandlers(): ChannelHandlers {
    const { server, onActive, renewSession, onMissed } = this.#options;
    return {
      active: () => onActive?.(),
      message: (text, streamId, flaw) =>
        flaw === undefined ? this.#take(text, streamId) : this.#refuse(flaw, text, streamId),
      waits: (id) => this.#pending.get(id) !== undefined,
      renew: () => renewSession?.() ?? Promise.reject(unavailable(server, 'has forgotten its session.')),
      missed: () => onMissed?.(),
      failed: (id, error) => {
        const request = this.#pending.get(id);
        if (request !== undefined) this.#pending.fail(request, error);
      },
      closed: (error) => this.#end(error),
    };
  }

  #end(error: GatewayError): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = error;
    this.#pending.failAll(error);
    this.#options.spans?.over(this.#revision);
    this.#options.onClose(error);
  }

  #isModern(): boolean {
    return this.#revision !== undefined && isModern(this.#revision);
  }

  #outgoing(method: string, text: string, id?: number, options?: CallOptions): Outgoing {
    const { headers, definition } = options ?? {};
    return { id, method, text, revision: this.#revision, headers, isBound: definition !== undefined };
  }

  #metaOf(id: number, options: CallOptions, trace: string | undefined): string {
    const { clientCapabilities = '{}', meta, onProgress, progress } = options;
    const own = this.#meta === '' ? '' : joinMembers(this.#meta, capabilitiesMeta(clientCapabilities));
    return joinMembers(own, meta, trace, onProgress !== undefined || progress === true ? `"progressToken":${id}` : '');
  }

  #sendCancelled(id: number, reason: string): void {
    const method = 'notifications/cancelled';
    const text = notificationText(method, `"requestId":${id},"reason":"${reason}"`);
    this.#channel.cancel(id, this.#outgoing(method, text));
  }

  #take(text: string, streamId: number | undefined): boolean | Promise<boolean> {
    this.#heardAt = performance.now();
    if (isLarge(text.length)) return this.#takeLarge(text, streamId);
    return this.#dispatch(parseMessage(text, 'server'), text, streamId);
  }

  async #takeLarge(text: string, streamId: number | undefined): Promise<boolean> {
    const message = await parseLarge(text, 'server');
    if (this.#closeReason !== undefined) return true;
    if (message.kind === 'request' || message.kind === 'notification') {
      if (this.#serverMessages.refuseTooLong(message)) return true;
    }
    return this.#dispatch(message, text, streamId);
  }

  /** @returns as `ChannelHandlers.message`. */
  #dispatch(message: Message, text: string, streamId: number | undefined): boolean | Promise<boolean> {
    switch (message.kind) {
      case 'response':
        this.#settle(message, streamId);
        return true;
      case 'notification':
        if (message.method === 'notifications/progress') this.#progress(message);
        else if (ABOUT_SERVER.has(message.method)) this.#options.onServerChange(message);
        else this.#serverMessages.takeNotification(message, streamId);
        return true;
      case 'request':
        this.#serverMessages.takeRequest(message, streamId);
        return true;
      case 'batch':
        // Only 2025-03-26 has batches; some servers of the other 2025 revisions wrap each answer in one, and clients take it.
        return this.#isModern() ? false : this.#takeBatch(text, streamId);
      default:
        return this.#refuse(message.message, text, streamId);
    }
  }

  async #takeBatch(text: string, streamId: number | undefined): Promise<boolean> {
    const parts = await elementsInTurns(text, MAX_BATCH + 1);
    if (parts.length > MAX_BATCH) return this.#refuse(`A batch has more than ${MAX_BATCH} messages.`, text, streamId);
    const slice = createSlices();
    for (const part of parts) {
      await this.#take(part, streamId);
      await slice();
    }
    return true;
  }

  #settle(message: ResponseMessage, streamId: number | undefined): void {
    const own = idOf(message);
    // An error whose id could not be read, or is one of the server's own, belongs to the request on whose stream it came.
    const isForeign = own === undefined || (message.error !== undefined && !this.#pending.hasIssued(own));
    const id = isForeign ? streamId : own;
    const request = id === undefined ? undefined : this.#pending.get(id);
    if (request !== undefined) this.#pending.settle(request, message);
    else if (id === undefined || !this.#pending.acceptLate(id)) {
      this.#options.warn('A response of the server answers no request.');
    }
  }

  /** Fails the call of an answer that cannot be read at once, instead of letting it wait. @returns false where it is of none */
  #refuse(reason: string, text: string, streamId: number | undefined): boolean {
    const id = streamId ?? idIn(text);
    const request = id === undefined ? undefined : this.#pending.get(id);
    if (request === undefined) return false;
    const { server, warn, redact } = this.#options;
    warn('A response of the server cannot be read.', { reason });
    const start = text.slice(0, QUOTED_CHARACTERS * 2);
    const quote = quoted(redact === undefined ? start : redact(start), QUOTED_CHARACTERS);
    const what = `sent an answer that cannot be read: ${reason} It begins with ${quote}.`;
    this.#pending.fail(request, unavailable(server, what));
    return true;
  }

  #progress({ text, params }: NotificationMessage): void {
    const token = findMember(params, 'progressToken');
    if (params === undefined || token === undefined) return;
    const request = this.#pending.get(Number(text.slice(token.start, token.end).replaceAll('"', '')));
    if (request === undefined) return;
    this.#pending.restartTimeout(request);
    request.options.onProgress?.(relayedMembers(text, params, (key) => key !== 'progressToken').members);
  }
}

/** The id that a response names; undefined for none. */
function idOf({ id }: ResponseMessage): number | undefined {
  if (id === 'null') return undefined;
  return Number(id.startsWith('"') ? id.slice(1, -1) : id);
}

/** The id in a message that is broken elsewhere: envelopes have it near the beginning or the end. */
function idIn(text: string): number | undefined {
  const ends = text.length > 400 ? `${text.slice(0, 200)} ${text.slice(-200)}` : text;
  const match = /"id"\s*:\s*(\d{1,15})\b/.exec(ends);
  return match === null ? undefined : Number(match[1]);
}
