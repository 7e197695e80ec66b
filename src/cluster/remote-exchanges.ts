/** The exchanges with another worker that have no answer yet. */
import { Canceller } from '../shared/cancel.ts';
import type { RequestOptions } from '../upstream/contract.ts';
import { afterSending, NO_ANSWER, notSent, unavailable } from '../upstream/failures.ts';
import { decodeError, type ErrorText } from './error-codec.ts';
import type { Frames, Head } from './remote-frames.ts';
import { takeTimes } from './reply-codec.ts';

/** One question to the other worker. */
interface Asking<T> {
  /** The server that it is about; empty for what is about none. */
  readonly server: string;
  /** Of a request to a server: decides whether it may have taken effect when its answer is lost. */
  readonly method?: string;
  readonly options?: RequestOptions;
  readonly frame: (id: number) => readonly [head: Head, body: string];
  readonly read: (head: Head, body: string) => T;
}

interface Exchange {
  readonly asking: Asking<unknown>;
  readonly settle: (head: Head, body: string) => void;
  readonly fail: (error: unknown) => void;
  /** The server's questions to this call's caller that have no answer yet; few calls have any. */
  questions: Map<number, Canceller> | undefined;
}

export class RemoteExchanges {
  readonly #exchanges = new Map<number, Exchange>();
  #nextId = 1;

  /**
   * Asks, and waits for the frame that settles it.
   * @throws GatewayError what the other side threw
   */
  ask<T>(out: Frames, asking: Asking<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { options, method, read } = asking;
      const signal = options?.signal;
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#nextId++;
      const end = (): void => {
        this.#exchanges.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const abort = (): void => {
        out.send(['abort', id]);
        fail(method === undefined ? signal?.reason : afterSending(method, signal?.reason));
      };
      const settle = (head: Head, body: string): void => {
        end();
        if (options?.times !== undefined) takeTimes(options.times, head);
        if (head[0] === 'failed') reject(decodeError(head[2] as ErrorText));
        else resolve(read(head, body));
      };
      this.#exchanges.set(id, { asking, settle, fail, questions: undefined });
      signal?.addEventListener('abort', abort, { once: true });
      out.send(...asking.frame(id));
    });
  }

  /** Takes a frame about one of them. */
  receive(out: Frames, head: Head, body: string): void {
    const id = head[1] as number;
    const exchange = this.#exchanges.get(id);
    switch (head[0]) {
      case 'progress':
        exchange?.asking.options?.onProgress?.(body);
        break;
      case 'told':
        exchange?.asking.options?.onNotification?.(head[2] as string, body);
        break;
      case 'asked':
        this.#question(out, exchange, head, body);
        break;
      case 'withdrawn':
        exchange?.questions?.get(head[2] as number)?.abort();
        break;
      default:
        exchange?.settle(head, body);
    }
  }

  /** The worker that ran the servers ended: nothing is answered any more. */
  failAll(): void {
    for (const { asking, fail } of [...this.#exchanges.values()]) {
      const error = unavailable(asking.server, 'was lost: the worker that ran it ended.');
      fail(asking.method === undefined ? notSent(error) : afterSending(asking.method, error));
    }
  }

  /** A server asks the caller of a request something. */
  #question(out: Frames, exchange: Exchange | undefined, head: Head, params: string): void {
    const [, id, number, method] = head as readonly [string, number, number, string];
    const withdrawn = new Canceller();
    if (exchange !== undefined) exchange.questions = (exchange.questions ?? new Map()).set(number, withdrawn);
    const answer = exchange?.asking.options?.onRequest?.({ method, params, withdrawn }) ?? Promise.resolve(NO_ANSWER);
    void answer
      .catch(() => NO_ANSWER)
      .then((given) => {
        exchange?.questions?.delete(number);
        const text = given.ok ? given.result : (given.data ?? '');
        const error = given.ok ? [] : [given.code, given.message, given.data !== undefined];
        out.send(['answer', id, number, given.ok, ...error], text);
      });
  }
}
