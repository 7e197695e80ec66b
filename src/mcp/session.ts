/** A session of the 2025 revisions: its client as it described itself, once, at `initialize`. */

import { notificationText } from '../protocol/era-codec.ts';
import { errorMember, type ResponseMessage } from '../protocol/json-rpc.ts';
import type { IdText } from '../protocol/request-id.ts';
import type { Offered } from '../relay/offered-capabilities.ts';
import { CALL_OVER } from '../relay/server-questions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { createDeferred, type Deferred } from '../shared/deferred.ts';
import type { ClientAnswer } from '../upstream/contract.ts';
import type { ClientIntroduction } from './connected-clients.ts';
import { isLonger } from './message-limit.ts';
import type { Watched } from './subscriptions.ts';

export interface SessionState {
  /** Id of the session over HTTP, `stdio` otherwise. */
  readonly id: string;
  readonly revision: string;
  /** The client's name for itself; undefined where it does not say. */
  readonly clientName?: string | undefined;
  /** Its place in the list of clients that are connected. */
  readonly introduction?: ClientIntroduction | undefined;
  /** The capabilities of the client that may be offered to servers. */
  readonly offered: Offered;
  /** Least severity that the client asked for; undefined where it left that to the servers. */
  logLevel: string | undefined;
  /** Requests to the client that are not answered yet. */
  readonly asks: Asks;
  /** Resolves when the client has said that it is initialized: before that it is asked nothing. */
  readonly ready: Deferred<void>;
  /** Resources that the client subscribed to, by the URI that it used. */
  readonly watched: Map<string, Watched>;
}

/** The facts that a new session starts with. */
export type Negotiated = Pick<SessionState, 'revision' | 'clientName' | 'introduction' | 'offered'>;

/** A session that has just begun. @param asks those of the session that this client had before */
export function beginSession(id: string, negotiated: Negotiated, asks: Asks = createAsks()): SessionState {
  return {
    ...negotiated,
    id,
    logLevel: undefined,
    asks,
    ready: createDeferred(),
    watched: new Map(),
  };
}

/** Nobody waits any more for a client whose session is over. */
export function endSession({ asks, ready, introduction }: SessionState): void {
  introduction?.over();
  asks.end();
  ready.resolve();
}

const TOO_LONG: ClientAnswer = {
  ok: false,
  code: -32603,
  message: 'The question is longer than the client can read.',
};

/** Requests that go the other way: from a server, through the gateway, to the client. */
export interface Asks {
  /**
   * @param send puts the request on the stream of the call that caused it.
   * @param over when one of them is aborted, the client is told that nobody waits for its answer any more.
   */
  ask(
    send: (text: string) => void,
    method: string,
    params: string,
    over: readonly CancelSignal[],
  ): Promise<ClientAnswer>;
  /** Takes a response of the client; one that answers nothing is ignored. */
  settle(response: ResponseMessage): void;
  /** Of a response that cannot be taken: who asked need not wait for another. @param id undefined where it was no response */
  refuse(id: IdText | undefined, why: string): void;
  /** The client is gone: what it was asked is over, and so is what it would be asked. */
  end(): void;
}

/** @param longest bytes that one question may have; undefined for no limit */
export function createAsks(longest?: number): Asks {
  const waiting = new Map<string, (answer: ClientAnswer) => void>();
  let asked = 0;
  let isOver = false;
  return {
    ask(send, method, params, over) {
      if (isOver || over.some(({ aborted }) => aborted)) return Promise.resolve(CALL_OVER);
      const id = `"gateway-${++asked}"`;
      const text = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":{${params}}}`;
      if (longest !== undefined && isLonger(text, longest)) return Promise.resolve(TOO_LONG);
      return new Promise((resolve) => {
        const finish = (answer: ClientAnswer): void => {
          waiting.delete(id);
          for (const signal of over) signal.removeEventListener('abort', gone);
          resolve(answer);
        };
        const gone = (): void => {
          send(notificationText('notifications/cancelled', `"requestId":${id}`));
          finish(CALL_OVER);
        };
        for (const signal of over) signal.addEventListener('abort', gone, { once: true });
        waiting.set(id, finish);
        send(text);
      });
    },
    settle({ id, text, result, error }) {
      const finish = waiting.get(id);
      if (finish === undefined) return;
      if (result !== undefined) finish({ ok: true, result: text.slice(result.start, result.end) });
      else finish({ ok: false, ...errorMember(text, error) });
    },
    refuse(id, why) {
      if (id !== undefined)
        waiting.get(id)?.({ ok: false, code: -32603, message: `The client's answer was refused: ${why}` });
    },
    end() {
      isOver = true;
      for (const finish of [...waiting.values()]) finish(CALL_OVER);
    },
  };
}
