/**
 * Handles the requests and notifications of a server: finds the call that each is about (message-cause.ts), hands it to the caller
 * of that call, and sends the answer back.
 */

import { isNotificationMethod, type NotificationMessage, type RequestMessage } from '../../protocol/json-rpc.ts';
import { isAmbiguous, PARAMS_NAMES } from '../../protocol/member-names.ts';
import { findMember } from '../../protocol/members.ts';
import { isHopByHopMeta, META_RELATED_TASK } from '../../protocol/revisions.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { ClientAnswer, ServerRequest } from '../contract.ts';
import { NO_ANSWER } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import { answerText, clientAnswerText } from './envelope.ts';
import { type Cause, causeOf, waitingFor } from './message-cause.ts';
import type { PendingRequests } from './pending-requests.ts';
import { relayedMembers } from './response-text.ts';

/** Characters of a message that is read again on its way: in one go, so that nothing overtakes it. */
const MAX_READ_AGAIN = 4 * 1024 * 1024;
/** The other spellings of a name. */
const ESCAPED = /\\[u/]/;

const UNCLEAR =
  'A question of the server was refused: it names no call, and several clients may be meant whose calls are open or were given up. ' +
  'With "sharing": "per-call" each call has a connection of its own; for clients of the 2025 revisions "per-session" is enough.';

const TOO_LONG: ClientAnswer = {
  ok: false,
  code: -32600,
  message: `The question has more than ${MAX_READ_AGAIN} characters: ask with less.`,
};

const AMBIGUOUS: ClientAnswer = {
  ok: false,
  code: -32600,
  message: 'A key of the params stands twice, or could be read as another one: spell each as the protocol does, once.',
};

/** Takes what is about no call of ours. */
export interface ServerMessageHandlers {
  /** True where a message that names no request can only be about the calls of one caller. */
  readonly isExclusive: () => boolean;
  /** Takes a notification; it is for this session alone where one is given. */
  readonly onNotification?: (method: string, params: string, session: string | undefined) => void;
  /** Answers a request, likewise; undefined where nobody does. */
  readonly onRequest?: (request: ServerRequest, session: string | undefined) => Promise<ClientAnswer> | undefined;
}

interface ServerMessagesOptions {
  readonly pending: PendingRequests;
  readonly handlers: ServerMessageHandlers;
  readonly warn: Warn;
  /** True while the revision of 2026-07-28 is spoken. */
  readonly isModern: () => boolean;
  /** Sends a response, unless the peer is closed. */
  readonly respond: (text: string) => void;
}

export class ServerMessages {
  readonly #pending: PendingRequests;
  readonly #handlers: ServerMessageHandlers;
  readonly #warn: Warn;
  readonly #isModern: () => boolean;
  readonly #respond: (text: string) => void;
  /** Requests of the server that are not answered yet, by the text of their id. */
  readonly #unanswered = new Map<string, Canceller>();

  constructor({ pending, handlers, warn, isModern, respond }: ServerMessagesOptions) {
    this.#pending = pending;
    this.#handlers = handlers;
    this.#warn = warn;
    this.#isModern = isModern;
    this.#respond = respond;
  }

  /** @param streamId the request of ours on whose stream it came, where the channel knows. */
  takeNotification(message: NotificationMessage, streamId: number | undefined): void {
    const { method, params } = message;
    if (method === 'notifications/cancelled') {
      this.#withdraw(message);
      return;
    }
    if (!isNotificationMethod(method) || (params !== undefined && isAmbiguous(params, PARAMS_NAMES))) return;
    const cause = this.#causeOf(streamId);
    if (cause?.kind === 'call') cause.call.options.onNotification?.(method, paramsOf(message));
    else if (cause?.kind === 'none') this.#handlers.onNotification?.(method, paramsOf(message), cause.session);
  }

  /** @param streamId as in `takeNotification`. */
  takeRequest(message: RequestMessage, streamId: number | undefined): void {
    const { id, method, params } = message;
    if (this.#isModern()) {
      // In 2026-07-28 servers send no requests and clients no responses (transports/stdio, Receiving Messages).
      this.#warn('The server sent a request, which its revision forbids.');
      return;
    }
    if (params !== undefined && isAmbiguous(params, PARAMS_NAMES)) {
      this.#warn('A question of the server was refused: a key of it stands twice, or could be read as another one.', {
        question: method.slice(0, 100),
      });
      this.#respond(clientAnswerText(id, AMBIGUOUS));
      return;
    }
    const cause = method === 'ping' ? undefined : this.#causeOfQuestion(message, streamId);
    const withdrawn = new Canceller();
    const answer = this.#ask({ method, params: paramsOf(message), withdrawn }, cause);
    if (answer === undefined) this.#refuse(id, method, cause);
    else void this.#respondLater(id, answer, withdrawn, cause);
  }

  /** Refuses a message that is so long that reading it again would hold up the others. @returns false for any other */
  refuseTooLong(message: RequestMessage | NotificationMessage): boolean {
    if (!isTooLongToReadAgain(message)) return false;
    this.#warn(`A ${message.kind} of the server was not passed on: it has more than ${MAX_READ_AGAIN} characters.`);
    if (message.kind === 'request') this.#respond(clientAnswerText(message.id, TOO_LONG));
    return true;
  }

  #causeOf(streamId: number | undefined): Cause | undefined {
    // In 2026-07-28 servers say no more of a call that was cancelled (transports/stdio, Cancellation).
    if (streamId === undefined)
      return this.#handlers.isExclusive() ? causeOf(this.#pending, this.#isModern()) : undefined;
    const call = this.#pending.get(streamId);
    return call && { kind: 'call', call };
  }

  #causeOfQuestion(message: RequestMessage, streamId: number | undefined): Cause | undefined {
    const call =
      streamId === undefined && this.#handlers.isExclusive() ? waitingFor(this.#pending, message) : undefined;
    return call === undefined ? this.#causeOf(streamId) : { kind: 'call', call };
  }

  #ask(request: ServerRequest, cause: Cause | undefined): Promise<ClientAnswer> | undefined {
    if (cause?.kind === 'call') return cause.call.options.onRequest?.(request);
    return cause?.kind === 'none' ? this.#handlers.onRequest?.(request, cause.session) : undefined;
  }

  #refuse(id: string, method: string, cause: Cause | undefined): void {
    const isUnclear = cause?.kind === 'unclear';
    if (isUnclear) this.#warn(UNCLEAR, { question: method.slice(0, 100) });
    const reason = isUnclear ? ' now: calls of several clients may be meant' : '';
    this.#respond(answerText(id, method, reason));
  }

  async #respondLater(
    id: string,
    answer: Promise<ClientAnswer>,
    withdrawn: Canceller,
    cause: Cause | undefined,
  ): Promise<void> {
    const call = cause?.kind === 'call' ? cause.call : undefined;
    this.#unanswered.set(id, withdrawn);
    if (call !== undefined) this.#pending.hold(call);
    const text = clientAnswerText(id, await answer.catch(() => NO_ANSWER));
    if (call !== undefined) this.#pending.resume(call);
    this.#unanswered.delete(id);
    if (!withdrawn.aborted) this.#respond(text);
  }

  /** A server takes back what it asked; ids are its own, so they mean nothing to anybody else. */
  #withdraw({ text, params }: NotificationMessage): void {
    const id = findMember(params, 'requestId');
    if (id !== undefined) this.#unanswered.get(text.slice(id.start, id.end))?.abort();
  }
}

/** True for a long message that may name a task, or asks its user something. */
function isTooLongToReadAgain({ text, method }: RequestMessage | NotificationMessage): boolean {
  if (text.length <= MAX_READ_AGAIN) return false;
  return method === 'elicitation/create' || text.includes(META_RELATED_TASK) || ESCAPED.test(text);
}

/** The params as they cross the gateway: members without braces, hop-by-hop fields taken out, but for the task of a message. */
function paramsOf({ text, params }: RequestMessage | NotificationMessage): string {
  const isHop = (key: string): boolean => isHopByHopMeta(key) && key !== META_RELATED_TASK;
  return params === undefined ? '' : relayedMembers(text, params, () => true, isHop).members;
}
