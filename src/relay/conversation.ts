/**
 * A call of a 2025 server that asks its client while it works, held open for a caller of 2026-07-28, whose requests end each
 * time something is asked and come back with the answers.
 */

import { Canceller, type CancelSignal } from '../shared/cancel.ts';
import { pause } from '../shared/wait-for.ts';
import type { ClientAnswer, Reply, ServerRequest } from '../upstream/contract.ts';
import { createBacklog } from './backlog.ts';
import type { InputRequest } from './input-required.ts';
import { CALL_OVER } from './server-questions.ts';

/** Milliseconds in which questions are gathered: what a server asks at one time comes in several messages. */
const GATHER_MS = 20;

type Turn =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'asked'; readonly requests: ReadonlyMap<string, InputRequest> };

export interface Conversation {
  /** Resolves with what comes next: the reply, or questions that are not answered yet. Rejects as the call does. */
  turn(): Promise<Turn>;
  /** Answers questions by their keys; texts of results. Unknown keys are ignored. */
  answer(responses: ReadonlyMap<string, string>): void;
  /** Tells how long the reply is, in characters, when it comes. */
  whenOver(tell: (length: number) => void): void;
  /** Ends the call. */
  abort(reason: unknown): void;
  /** Sets the listener for progress and messages of the call: first those that came while there was none. */
  attach(listener: Listener | undefined): void;
}

interface Listener {
  progress(params: string): void;
  notification(method: string, params: string): void;
}

/** The hooks of the call. */
export interface ConversationHooks {
  readonly signal: CancelSignal;
  readonly onRequest: (request: ServerRequest) => Promise<ClientAnswer>;
  readonly onProgress: (params: string) => void;
  readonly onNotification: (method: string, params: string) => void;
}

interface Question extends InputRequest {
  readonly settle: (answer: ClientAnswer) => void;
}

/** @param start makes the call; its promise is the reply. */
export function converse(start: (hooks: ConversationHooks) => Promise<Reply>): Conversation {
  const controller = new Canceller();
  const questions = new Map<string, Question>();
  let asked = 0;
  let listener: Listener | undefined;
  const missed = createBacklog<(to: Listener) => void>();
  let wake: () => void = () => {};
  let ended = false;

  const say = (length: number, deliver: (to: Listener) => void): void => {
    if (listener === undefined) missed.add(deliver, length);
    else deliver(listener);
  };

  const reply = start({
    signal: controller.signal,
    onRequest: ({ method, params, withdrawn }) =>
      new Promise((settle) => {
        const key = `ask-${++asked}`;
        questions.set(key, { method, params, settle });
        withdrawn.addEventListener('abort', () => {
          questions.delete(key);
          settle(CALL_OVER);
        });
        wake();
      }),
    onProgress: (params) => say(params.length, (to) => to.progress(params)),
    onNotification: (method, params) => say(method.length + params.length, (to) => to.notification(method, params)),
  });
  const settled = (): void => {
    ended = true;
    // Nobody comes back for what is not answered yet.
    for (const { settle } of questions.values()) settle(CALL_OVER);
    questions.clear();
    wake();
  };
  const over = reply.then(settled, settled);

  return {
    async turn() {
      while (!ended && questions.size === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = () => {};
        if (!ended) await Promise.race([over, pause(GATHER_MS, controller)]);
      }
      return ended ? { kind: 'reply', reply: await reply } : { kind: 'asked', requests: new Map(questions) };
    },
    answer(responses) {
      for (const [key, result] of responses) {
        questions.get(key)?.settle({ ok: true, result });
        questions.delete(key);
      }
    },
    whenOver(tell) {
      void reply.then(
        (came) => tell(came.ok ? came.result.text.length : 0),
        () => undefined,
      );
    },
    abort: (reason) => controller.abort(reason),
    attach(next) {
      listener = next;
      if (next !== undefined) for (const deliver of missed.take()) deliver(next);
    },
  };
}
