/**
 * Questions and answers between the first process and a worker, over the channel of child_process. What one turn of the event
 * loop has to say is one message.
 */
import type { Serializable } from 'node:child_process';
import type { Socket } from 'node:net';
import { GatewayError } from '../shared/errors.ts';
import { type ErrorText, errorOf, errorText } from './error-codec.ts';

/** What one side can be asked; answers are plain data. */
export type Api = { readonly [what: string]: (...args: never[]) => unknown };

type Answer<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** What a connection is that one process gives to another. */
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

export interface IpcChannel<Theirs extends Api> {
  /** @throws GatewayError what the other side threw, or INTERNAL where it is gone */
  ask<K extends keyof Theirs & string>(what: K, ...args: Parameters<Theirs[K]>): Promise<Answer<Theirs[K]>>;
  /** The same where nobody waits for an answer. */
  tell<K extends keyof Theirs & string>(what: K, ...args: Parameters<Theirs[K]>): void;
  /** Gives a connection away. @param done told whether the other side has it */
  handOver(socket: Socket, what: Passed, done?: (taken: boolean) => void): void;
  /** The other side is gone: nobody answers any more, and what it did not get comes back. */
  end(): void;
}

/** `process` in a worker, or the worker's ChildProcess. */
export interface Channel {
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

export function createIpcChannel<Theirs extends Api>(
  channel: Channel,
  mine: Api,
  options: IpcChannelOptions,
): IpcChannel<Theirs> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: GatewayError): void }>();
  const gifts = new Map<number, Gift>();
  let out: Entry[] = [];
  let nextId = 1;
  let over = false;

  const flush = (): void => {
    const message = out;
    out = [];
    // Whoever waits for an answer learns of a lost channel by `disconnect`.
    if (!over) channel.send?.(message as unknown as Serializable, undefined, undefined, () => {});
  };
  const send = (entry: Entry): void => {
    if (out.length === 0) setImmediate(flush);
    out.push(entry);
  };

  const run = async (what: string, args: readonly unknown[]): Promise<unknown> => {
    const handler = mine[what];
    if (handler === undefined) throw new GatewayError('INTERNAL', `A worker was asked for "${what}".`);
    return (handler as (...given: readonly unknown[]) => unknown)(...args);
  };

  const take = (entry: Entry): void => {
    switch (entry[0]) {
      case 'ask': {
        const [, id, what, args] = entry;
        run(what, args).then(
          (value) => send(['answer', id, value]),
          (error: unknown) => {
            if (!(error instanceof GatewayError)) options.failed(error);
            send(['failed', id, errorText(error)]);
          },
        );
        break;
      }
      case 'tell':
        run(entry[1], entry[2]).catch(options.failed);
        break;
      case 'answer':
        settled(entry[1])?.resolve(entry[2]);
        break;
      case 'failed':
        settled(entry[1])?.reject(errorOf(entry[2]));
        break;
      case 'took': {
        const gift = gifts.get(entry[1]);
        gifts.delete(entry[1]);
        gift?.socket.destroy();
        gift?.done?.(true);
      }
    }
  };

  /** A connection that the other side does not have. */
  const keep = ({ socket, what, done, sent }: Gift): void => {
    if (what.kind === 'client' && !sent) options.returned?.(socket, what.head);
    else socket.destroy();
    done?.(false);
  };

  const settled = (id: number) => {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  };

  const end = (): void => {
    over = true;
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
    const left = [...gifts.values()];
    gifts.clear();
    for (const gift of left) keep(gift);
  };

  channel.on('message', (message, handle) => {
    if (Array.isArray(message)) {
      for (const entry of message as readonly Entry[]) take(entry);
      return;
    }
    const { id, what } = message as { readonly id: number; readonly what: Passed };
    send(['took', id]);
    options.received?.(handle as Socket, what);
  });
  channel.on('disconnect', end);

  return {
    ask: (what, ...args) =>
      new Promise((resolve, reject) => {
        if (over) return reject(gone());
        const id = nextId++;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        send(['ask', id, what, args]);
      }),
    tell: (what, ...args) => send(['tell', what, args]),
    handOver(socket, what, done) {
      const id = nextId++;
      const gift: Gift = { socket, what, done, sent: false };
      if (over) return keep(gift);
      gifts.set(id, gift);
      channel.send?.({ id, what } as unknown as Serializable, socket, { keepOpen: true }, (error) => {
        gift.sent = true;
        if (error !== null && gifts.delete(id)) keep(gift);
      });
    },
    end,
  };
}

function gone(): GatewayError {
  return new GatewayError('INTERNAL', 'A process of this gateway ended. Try again.');
}
