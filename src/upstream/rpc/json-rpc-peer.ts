/**
 * One JSON-RPC peer: gives requests their own ids, matches what comes back, restarts time-outs on progress, cancels. Every
 * call that is open when the channel breaks fails at once and is never sent again.
 */
import { notificationText } from '../../protocol/era-codec.ts';
import {
  isNotificationMethod,
  type Message,
  type NotificationMessage,
  parseLarge,
  parseMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../../protocol/json-rpc.ts';
import { elementsInTurns, joinMembers } from '../../protocol/json-text.ts';
import { isAmbiguous, PARAMS_NAMES } from '../../protocol/member-names.ts';
import { isHopByHopMeta, isModern, META_RELATED_TASK } from '../../protocol/revisions.ts';
import { findMember } from '../../protocol/scan.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { isLarge } from '../../shared/large-text.ts';
import { quoted } from '../../shared/quote-text.ts';
import { createSlices } from '../../shared/slices.ts';
import type { Channel, OpenChannel, Outgoing } from '../channel/channel.ts';
import { type Cause, causeOf, isBusy } from '../channel/network-error.ts';
import type { ClientAnswer, ServerRequest } from '../contract.ts';
import { beforeSending, NO_ANSWER, unavailable } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { answerText, capabilitiesMeta, clientAnswerText, modernMeta, requestText } from './envelope.ts';
import { type CallOptions, createPendingRequests } from './pending-requests.ts';
import { relayedMembers } from './response-text.ts';

/** Messages that a batch of a server may have. */
const MAX_BATCH = 1000;

export interface JsonRpcPeer {
  /** @throws GatewayError TIMEOUT or SERVER_UNAVAILABLE, or the reason of the signal. */
  call(method: string, params: string, options: CallOptions): Promise<ResponseMessage>;
  /** The same, read at once: whoever waits then waits once. */
  request<T>(method: string, params: string, options: CallOptions, reader: Reader<T>): Promise<T>;
  notify(method: string, params: string): void;
  /** The revision of everything sent from now on; undefined while none is agreed. */
  speak(revision: string | undefined): void;
  listen(): void;
  /** Whether the server may work on a call of a caller: open, or given up. */
  readonly busy: boolean;
  /** When the server last said anything, in milliseconds of `performance.now`. */
  readonly heardAt: number;
  /** Why it is over; undefined while it is not. */
  readonly closed: GatewayError | undefined;
  /** Fails what is pending with this error and closes the channel. */
  close(error: GatewayError): Promise<void>;
  kill(): void;
}

export interface Reader<T> {
  /** What it throws rejects the request. */
  answered(message: ResponseMessage, method: string): T;
  /** @returns what the request rejects with. */
  failed(error: unknown): unknown;
}

export interface JsonRpcPeerOptions {
  readonly server: string;
  /** Version of the gateway, for `clientInfo`. */
  readonly version: string;
  readonly warn: Warn;
  /** Replaces secrets in what is quoted; default none. */
  readonly redact?: (text: string) => string;
  /** True where a message that names no request can only be about the calls of one caller. */
  readonly exclusive: () => boolean;
  readonly active?: () => void;
  /** Initializes again; for channels with sessions. */
  readonly renew?: () => Promise<void>;
  /** Notifications may have been missed. */
  readonly missed?: () => void;
  readonly notified: (message: NotificationMessage) => void;
  /** Takes what belongs to no request; it is for this session alone where one is given. */
  readonly said?: (method: string, params: string, session: string | undefined) => void;
  /** Answers what belongs to no request, likewise; undefined where nobody does. */
  readonly asked?: (request: ServerRequest, session: string | undefined) => Promise<ClientAnswer> | undefined;
  readonly closed: (error: GatewayError) => void;
}

/** Characters of an answer that cannot be read in its error. */
const SEEN_CHARACTERS = 200;

const asItIs = (text: string): string => text;

/** Notifications about the server and not about a request. */
const OF_SERVER: ReadonlySet<string> = new Set([
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/subscriptions/acknowledged',
]);

const UNCLEAR =
  'A question of the server was refused: it names no call, and several clients may be meant whose calls are open or were given up. ' +
  'With "sharing": "per-call" each call has a connection of its own; for clients of the 2025 revisions "per-session" is enough.';

/** Characters of what a server says or asks while it works, where it has to be read again on its way: in one go, so that nothing overtakes it. */
const MAX_SAID = 4 * 1024 * 1024;
/** How a name may be spelled in another way. */
const ESCAPED = /\\[u/]/;

const TOO_LONG: ClientAnswer = {
  ok: false,
  code: -32600,
  message: `The question has more than ${MAX_SAID} characters: ask with less.`,
};

const AMBIGUOUS: ClientAnswer = {
  ok: false,
  code: -32600,
  message: 'A key of the params stands twice, or could be read as another one: spell each as the protocol does, once.',
};

export function createJsonRpcPeer(open: OpenChannel, options: JsonRpcPeerOptions): JsonRpcPeer {
  const { server, warn, redact = asItIs } = options;
  const calls = createPendingRequests(server, (id, reason) => {
    const notification = notificationText('notifications/cancelled', `"requestId":${id},"reason":"${reason}"`);
    channel.cancel(id, outgoing('notifications/cancelled', notification));
  });
  /** Requests of the server that are not answered yet, by the text of their id. */
  const asked = new Map<string, Canceller>();
  let revision: string | undefined;
  let baseMeta = '';
  let over: GatewayError | undefined;
  let closing: Promise<void> | undefined;
  let heardAt = 0;

  const finish = (error: GatewayError): void => {
    if (over !== undefined) return;
    over = error;
    calls.failAll(error);
    options.closed(error);
  };

  const channel: Channel = open({
    active: () => options.active?.(),
    message: (text, of, flaw) => (flaw === undefined ? take(text, of) : refuse(flaw, text, of)),
    waits: (id) => calls.get(id) !== undefined,
    renew: () => options.renew?.() ?? Promise.reject(unavailable(server, 'has forgotten its session.')),
    missed: () => options.missed?.(),
    failed: (id, error) => {
      const call = calls.get(id);
      if (call !== undefined) calls.fail(call, error);
    },
    closed: finish,
  });

  const outgoing = (method: string, text: string, id?: number, headers?: Outgoing['headers']): Outgoing => ({
    id,
    method,
    text,
    revision,
    headers,
  });

  function take(text: string, of: number | undefined): boolean | Promise<boolean> {
    heardAt = performance.now();
    return isLarge(text.length) ? takeLarge(text, of) : receive(parseMessage(text, 'server'), text, of);
  }

  async function takeLarge(text: string, of: number | undefined): Promise<boolean> {
    const message = await parseLarge(text, 'server');
    if (over !== undefined) return true;
    if (message.kind === 'request' || message.kind === 'notification') {
      if (mayBeReadAgain(message)) return decline(message);
    }
    return receive(message, text, of);
  }

  function decline(message: RequestMessage | NotificationMessage): boolean {
    warn(`A ${message.kind} of the server was not passed on: it has more than ${MAX_SAID} characters.`);
    if (message.kind === 'request') channel.send(outgoing('', clientAnswerText(message.id, TOO_LONG)));
    return true;
  }

  function receive(message: Message, text: string, of: number | undefined): boolean | Promise<boolean> {
    switch (message.kind) {
      case 'response':
        settle(message, of);
        return true;
      case 'notification':
        if (message.method === 'notifications/progress') progress(message);
        else if (message.method === 'notifications/cancelled') withdraw(message);
        else if (OF_SERVER.has(message.method)) options.notified(message);
        else say(message, of);
        return true;
      case 'request':
        answer(message, of);
        return true;
      case 'batch':
        // Only 2025-03-26 has batches; some servers of the other 2025 revisions wrap each answer in one, and clients take it.
        if (isModernNow()) return false;
        return receiveBatch(text, of);
      default:
        return refuse(message.message, text, of);
    }
  }

  async function receiveBatch(text: string, of: number | undefined): Promise<boolean> {
    const parts = await elementsInTurns(text, MAX_BATCH + 1);
    if (parts.length > MAX_BATCH) return refuse(`A batch has more than ${MAX_BATCH} messages.`, text, of);
    const slice = createSlices();
    for (const part of parts) {
      await take(part, of);
      await slice();
    }
    return true;
  }

  function settle(message: ResponseMessage, of: number | undefined): void {
    const said = message.id === 'null' ? of : Number(message.id.startsWith('"') ? message.id.slice(1, -1) : message.id);
    // An error whose id could not be read, or is one of the server's own, belongs to the request on whose stream it came.
    const isForeign = message.error !== undefined && said !== undefined && !calls.began(said);
    const id = isForeign ? of : said;
    const call = id === undefined ? undefined : calls.get(id);
    if (call !== undefined) calls.settle(call, message);
    else if (id === undefined || !calls.late(id)) warn('A response of the server answers no request.');
  }

  /** An answer that cannot be read fails its call at once instead of letting it wait. */
  function refuse(why: string, text: string, of: number | undefined): boolean {
    const id = of ?? idIn(text);
    const call = id === undefined ? undefined : calls.get(id);
    if (call === undefined) return false;
    warn('A response of the server cannot be read.', { reason: why });
    const seen = quoted(redact(text.slice(0, SEEN_CHARACTERS * 2)), SEEN_CHARACTERS);
    calls.fail(call, unavailable(server, `sent an answer that cannot be read: ${why} It begins with ${seen}.`));
    return true;
  }

  function progress(message: NotificationMessage): void {
    const token = findMember(message.params, 'progressToken');
    if (message.params === undefined || token === undefined) return;
    const call = calls.get(Number(message.text.slice(token.start, token.end).replaceAll('"', '')));
    if (call === undefined) return;
    calls.restart(call);
    call.options.onProgress?.(relayedMembers(message.text, message.params, (key) => key !== 'progressToken').members);
  }

  const isModernNow = (): boolean => revision !== undefined && isModern(revision);

  /** What a message of the server is about; undefined where nobody can be meant. */
  function about(of: number | undefined): Cause | undefined {
    // In 2026-07-28 servers say no more of a call that was cancelled (transports/stdio, Cancellation).
    if (of === undefined) return options.exclusive() ? causeOf(calls, isModernNow()) : undefined;
    const call = calls.get(of);
    return call && { kind: 'call', call };
  }

  /** A server takes back what it asked; ids are its own, so they mean nothing to anybody else. */
  function withdraw({ text, params }: NotificationMessage): void {
    const id = findMember(params, 'requestId');
    if (id !== undefined) asked.get(text.slice(id.start, id.end))?.abort();
  }

  function answer(message: RequestMessage, of: number | undefined): void {
    const { id, method, params } = message;
    if (isModernNow()) {
      // In 2026-07-28 servers send no requests and clients no responses (transports/stdio, Receiving Messages).
      warn('The server sent a request, which its revision forbids.');
      return;
    }
    if (params !== undefined && isAmbiguous(params, PARAMS_NAMES)) {
      warn('A question of the server was refused: a key of it stands twice, or could be read as another one.', {
        question: method.slice(0, 100),
      });
      channel.send(outgoing('', clientAnswerText(id, AMBIGUOUS)));
      return;
    }
    const cause = method === 'ping' ? undefined : about(of);
    const withdrawn = new Canceller();
    const request = { method, params: paramsOf(message), withdrawn };
    const call = cause?.kind === 'call' ? cause.call : undefined;
    const answered =
      cause?.kind === 'besides' ? options.asked?.(request, cause.session) : call?.options.onRequest?.(request);
    if (answered === undefined) {
      const isUnclear = cause?.kind === 'unclear';
      if (isUnclear) warn(UNCLEAR, { question: method.slice(0, 100) });
      const why = isUnclear ? ' now: calls of several clients may be meant' : '';
      channel.send(outgoing('', answerText(id, method, why)));
      return;
    }
    asked.set(id, withdrawn);
    if (call !== undefined) calls.hold(call, 1);
    void answered
      .catch(() => NO_ANSWER)
      .then((given) => {
        if (call !== undefined) calls.hold(call, -1);
        asked.delete(id);
        if (over === undefined && !withdrawn.aborted) channel.send(outgoing('', clientAnswerText(id, given)));
      });
  }

  function say(message: NotificationMessage, of: number | undefined): void {
    const { method, params } = message;
    if (!isNotificationMethod(method) || (params !== undefined && isAmbiguous(params, PARAMS_NAMES))) return;
    const cause = about(of);
    if (cause?.kind === 'call') cause.call.options.onNotification?.(method, paramsOf(message));
    else if (cause?.kind === 'besides') options.said?.(method, paramsOf(message), cause.session);
  }

  function metaOf(id: number, { clientCapabilities = '{}', meta, onProgress, progress }: CallOptions): string {
    const own = baseMeta === '' ? '' : joinMembers(baseMeta, capabilitiesMeta(clientCapabilities));
    return joinMembers(own, meta, onProgress !== undefined || progress === true ? `"progressToken":${id}` : '');
  }

  function begin(
    method: string,
    params: string,
    callOptions: CallOptions,
    resolve: (message: ResponseMessage) => void,
    reject: (error: unknown) => void,
  ): void {
    const { signal } = callOptions;
    if (over !== undefined || signal?.aborted) {
      reject(over === undefined ? signal?.reason : beforeSending(method, over));
      return;
    }
    const { id } = calls.begin(method, callOptions, resolve, reject);
    const text = requestText(id, method, params, metaOf(id, callOptions));
    channel.send(outgoing(method, text, id, callOptions.headers));
  }

  return {
    call: (method, params, callOptions) =>
      new Promise((resolve, reject) => begin(method, params, callOptions, resolve, reject)),
    request: (method, params, callOptions, reader) =>
      new Promise((resolve, reject) => {
        const failed = (error: unknown): void => reject(reader.failed(error));
        const answered = (message: ResponseMessage): void => {
          try {
            resolve(reader.answered(message, method));
          } catch (error) {
            reject(error);
          }
        };
        begin(method, params, callOptions, answered, failed);
      }),
    notify: (method, params) => {
      if (over === undefined) channel.send(outgoing(method, notificationText(method, params)));
    },
    speak: (spoken) => {
      revision = spoken;
      baseMeta = spoken !== undefined && isModern(spoken) ? modernMeta(spoken, options.version) : '';
    },
    listen: () => channel.listen(),
    get busy() {
      return isBusy(calls);
    },
    get heardAt() {
      return heardAt;
    },
    get closed() {
      return over;
    },
    close: (error) => {
      finish(error);
      closing ??= channel.close();
      return closing;
    },
    kill: () => channel.kill(),
  };
}

/** Whether a message is long and may name a task, or asks its user something. */
function mayBeReadAgain({ text, method }: RequestMessage | NotificationMessage): boolean {
  if (text.length <= MAX_SAID) return false;
  return method === 'elicitation/create' || text.includes(META_RELATED_TASK) || ESCAPED.test(text);
}

/** The params as they cross the gateway: members without braces, hop-by-hop fields taken out, but for the task of a message. */
function paramsOf({ text, params }: RequestMessage | NotificationMessage): string {
  const isHop = (key: string): boolean => isHopByHopMeta(key) && key !== META_RELATED_TASK;
  return params === undefined ? '' : relayedMembers(text, params, () => true, isHop).members;
}

/** The id in a message that is broken elsewhere: envelopes have it near the beginning or the end. */
function idIn(text: string): number | undefined {
  const found = /"id"\s*:\s*(\d{1,15})\b/.exec(text.length > 400 ? `${text.slice(0, 200)} ${text.slice(-200)}` : text);
  return found === null ? undefined : Number(found[1]);
}
