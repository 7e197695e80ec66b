/**
 * Questions and answers between the first process and a worker, over the channel of child_process. What one turn of the event
 * loop has to say is one message.
 */
import type { Serializable } from 'node:child_process';
import type { Socket } from 'node:net';
import { GatewayError } from '../shared/errors.ts';
import { decodeError, type ErrorText, encodeError } from './error-codec.ts';

/** The requests that one side answers; answers are plain data. */
export type Api = { readonly [what: string]: (...args: never[]) => unknown };

type Answer<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** A connection that one process gives to another. */
export type Passed =
  /** A client's; `head` was read of it already. */
  | { readonly kind: 'client'; readonly head: Uint8Array }
  /** Another worker hands requests on over it. */
  | { readonly kind: 'handed on' }
  /** It was asked for under this number, to hand requests on. */
  | { readonly kind: 'reached'; readonly id: number }
  /** Another worker uses the servers of this one over it. */
  | { readonly kind: 'lend' }
  /** To the servers of the worker of that number. */
  | { readonly kind: 'borrow'; readonly from: number };

/** `process` in a worker, or the worker's ChildProcess. */
export interface PeerProcess {
  send?(message: Serializable, handle?: Socket, options?: object, done?: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

type Entry =
  | readonly ['ask', id: number, what: string, args: readonly unknown[]]
  | readonly ['tell', what: string, args: readonly unknown[]]
  | readonly ['answer', id: number, value: unknown]
  | readonly ['failed', id: number, error: ErrorText]
  | readonly ['took', id: number];

/** A connection on its way. Ours stays open until the other side has it: one that dies before that must not keep a caller waiting. */
interface Gift {
  readonly socket: Socket;
  readonly what: Passed;
  readonly done: ((taken: boolean) => void) | undefined;
  /** It may have arrived. */
  sent: boolean;
}

export interface IpcChannelOptions {
  readonly received?: (socket: Socket, what: Passed) => void;
  /** The other side is gone, and did not get this connection of a client. */
  readonly returned?: (socket: Socket, head: Uint8Array) => void;
  /** Told what went wrong where nobody waits for an answer. */
  readonly failed: (error: unknown) => void;
}

export class IpcChannel<Theirs extends Api> {
  readonly #channel: PeerProcess;
  readonly #own: Api;
  readonly #options: IpcChannelOptions;
  readonly #questions = new Map<number, { resolve(value: unknown): void; reject(error: GatewayError): void }>();
  readonly #gifts = new Map<number, Gift>();
  /** The messages of this turn of the event loop. */
  #outgoing: Entry[] = [];
  #nextId = 1;
  #isOver = false;

  /** @param own what the other side may ask */
  constructor(channel: PeerProcess, own: Api, options: IpcChannelOptions) {
    this.#channel = channel;
    this.#own = own;
    this.#options = options;
    channel.on('message', (message, handle) => this.#receive(message, handle));
    channel.on('disconnect', () => this.end());
  }

  /** Asks the other side. @throws GatewayError what it threw, or INTERNAL where it is gone */
  ask<K extends keyof Theirs & string>(what: K, ...args: Parameters<Theirs[K]>): Promise<Answer<Theirs[K]>> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(processEnded());
      const id = this.#nextId++;
      this.#questions.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send(['ask', id, what, args]);
    });
  }

  /** Tells the other side something that nobody waits for. */
  tell<K extends keyof Theirs & string>(what: K, ...args: Parameters<Theirs[K]>): void {
    this.#send(['tell', what, args]);
  }

  /** Gives a connection away. @param done told whether the other side has it */
  handOver(socket: Socket, what: Passed, done?: (taken: boolean) => void): void {
    const id = this.#nextId++;
    const gift: Gift = { socket, what, done, sent: false };
    if (this.#isOver) {
      this.#takeBack(gift);
      return;
    }
    this.#gifts.set(id, gift);
    this.#channel.send?.({ id, what } as unknown as Serializable, socket, { keepOpen: true }, (error) => {
      gift.sent = true;
      if (error !== null && this.#gifts.delete(id)) this.#takeBack(gift);
    });
  }

  /** The other side is gone: nobody answers any more, and what it did not get comes back. */
  end(): void {
    this.#isOver = true;
    for (const { reject } of this.#questions.values()) reject(processEnded());
    this.#questions.clear();
    const gifts = [...this.#gifts.values()];
    this.#gifts.clear();
    for (const gift of gifts) this.#takeBack(gift);
  }

  #send(entry: Entry): void {
    if (this.#outgoing.length === 0) setImmediate(() => this.#flush());
    this.#outgoing.push(entry);
  }

  #flush(): void {
    const message = this.#outgoing;
    this.#outgoing = [];
    // Whoever waits for an answer learns of a lost channel by `disconnect`.
    if (!this.#isOver) this.#channel.send?.(message as unknown as Serializable, undefined, undefined, () => {});
  }

  #receive(message: unknown, handle: unknown): void {
    if (Array.isArray(message)) {
      for (const entry of message as readonly Entry[]) this.#take(entry);
      return;
    }
    const { id, what } = message as { readonly id: number; readonly what: Passed };
    this.#send(['took', id]);
    this.#options.received?.(handle as Socket, what);
  }

  #take(entry: Entry): void {
    switch (entry[0]) {
      case 'ask':
        this.#answer(entry[1], entry[2], entry[3]);
        break;
      case 'tell':
        this.#run(entry[1], entry[2]).catch(this.#options.failed);
        break;
      case 'answer':
        this.#question(entry[1])?.resolve(entry[2]);
        break;
      case 'failed':
        this.#question(entry[1])?.reject(decodeError(entry[2]));
        break;
      case 'took': {
        const gift = this.#gifts.get(entry[1]);
        this.#gifts.delete(entry[1]);
        gift?.socket.destroy();
        gift?.done?.(true);
      }
    }
  }

  #answer(id: number, what: string, args: readonly unknown[]): void {
    this.#run(what, args).then(
      (value) => this.#send(['answer', id, value]),
      (error: unknown) => {
        if (!(error instanceof GatewayError)) this.#options.failed(error);
        this.#send(['failed', id, encodeError(error)]);
      },
    );
  }

  async #run(what: string, args: readonly unknown[]): Promise<unknown> {
    const answer = this.#own[what];
    if (answer === undefined) throw new GatewayError('INTERNAL', `A worker was asked for "${what}".`);
    return (answer as (...given: readonly unknown[]) => unknown)(...args);
  }

  /** The question of an answer, which is over with it. */
  #question(id: number) {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    return question;
  }

  /** Deals with a connection that the other side does not have. */
  #takeBack({ socket, what, done, sent }: Gift): void {
    if (what.kind === 'client' && !sent) this.#options.returned?.(socket, what.head);
    else socket.destroy();
    done?.(false);
  }
}

function processEnded(): GatewayError {
  return new GatewayError('INTERNAL', 'A process of this gateway ended. Try again.');
}
