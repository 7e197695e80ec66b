import type { ChildProcess } from 'node:child_process';
import {
  type Answer,
  type Exchange,
  INITIALIZE,
  INITIALIZED,
  MODERN,
  type RequestExtras,
  type Rpc,
  type RpcMessage,
  requestText,
} from './rpc.ts';

/** A raw client over the pipes of a child. */
export interface StdioRpc extends Rpc {
  /** Writes bytes as they are. */
  send(bytes: string | Uint8Array): void;
  /** The next line that answers no pending request; an Error when the stream ends first or nothing comes in `ms`. */
  next(ms?: number): Promise<{ text: string; message: RpcMessage }>;
  /** The same pipes, spoken to in another revision: the requests of both eras may mix on one connection. */
  as(revision: string): Rpc;
  /** Told of every message that answers no request of ours. */
  listen(heard: (message: RpcMessage, text: string) => void): void;
  /** The result of `initialize`. */
  introduction: Readonly<Record<string, unknown>>;
  /** Every line that came so far. */
  readonly lines: readonly string[];
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  readonly notifications: RpcMessage[];
  readonly extras: RequestExtras;
}

/** Speaks to a child. A revision of 2025 is initialised first. */
export async function openStdio(child: ChildProcess, revision: string, capabilities?: object): Promise<StdioRpc> {
  const rpc = attach(child, revision);
  if (revision !== MODERN) {
    const { message } = await rpc.call('initialize', INITIALIZE(revision, capabilities));
    if (message.result?.['protocolVersion'] !== revision) throw new Error(`initialize: ${JSON.stringify(message)}`);
    rpc.introduction = message.result;
    rpc.send(`${INITIALIZED}\n`);
  }
  return rpc;
}

/** Speaks to a child without any handshake. */
export function attach(child: ChildProcess, revision: string): StdioRpc {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('The child has no pipes.');
  const pending = new Map<unknown, Pending>();
  const inbox: { text: string; message: RpcMessage }[] = [];
  const waiting: { resolve(entry: { text: string; message: RpcMessage }): void; reject(error: Error): void }[] = [];
  const lines: string[] = [];
  const listeners: ((message: RpcMessage, text: string) => void)[] = [];
  let ended = false;
  let nextId = 1;

  function take(line: string): void {
    lines.push(line);
    const message = JSON.parse(line) as RpcMessage;
    const entry = message.method === undefined ? pending.get(message.id) : undefined;
    if (entry !== undefined) {
      pending.delete(message.id);
      entry.resolve({ text: line, message, notifications: entry.notifications });
      return;
    }
    for (const heard of listeners) heard(message, line);
    if (message.method !== undefined && message.id === undefined) {
      for (const other of pending.values()) {
        other.notifications.push(message);
        other.extras.onNotification?.(message, line);
      }
    }
    const waiter = waiting.shift();
    if (waiter === undefined) inbox.push({ text: line, message });
    else waiter.resolve({ text: line, message });
  }

  let rest = '';
  stdout.setEncoding('utf8');
  stdout.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) take(part);
  });
  stdout.on('close', () => {
    ended = true;
    const gone = new Error('The stream ended.');
    for (const entry of pending.values()) entry.reject(gone);
    for (const waiter of waiting) waiter.reject(gone);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));

  async function close(): Promise<void> {
    stdin?.end();
    await closed;
  }

  function startAs(spoken: string, method: string, params?: string | object, extras: RequestExtras = {}): Exchange {
    const id = nextId++;
    const answer = new Promise<Answer>((resolve, reject) => {
      if (ended) reject(new Error('The stream ended.'));
      pending.set(id, { resolve, reject, notifications: [], extras });
    });
    answer.catch(() => {});
    stdin?.write(`${requestText(id, method, params, spoken, extras)}\n`);
    const cancel = (): void => {
      stdin?.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}\n`);
    };
    return { id, answer, cancel };
  }

  const as = (spoken: string): Rpc => ({
    revision: spoken,
    start: (method, params, extras) => startAs(spoken, method, params, extras),
    call: (method, params, extras) => startAs(spoken, method, params, extras).answer,
    close,
  });
  return {
    ...as(revision),
    introduction: {},
    lines,
    listen: (heard) => void listeners.push(heard),
    as,
    send: (bytes) => void stdin.write(bytes),
    next(ms = 5_000) {
      const first = inbox.shift();
      if (first !== undefined) return Promise.resolve(first);
      if (ended) return Promise.reject(new Error('The stream ended.'));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No message in ${ms} ms.`)), ms);
        waiting.push({
          resolve: (entry) => {
            clearTimeout(timer);
            resolve(entry);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
      });
    },
  };
}
