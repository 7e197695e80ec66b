/** A client of either era that answers what it is asked, and keeps what it hears. */
import type { HttpRpc } from '../support/http.ts';
import { type Answer, type Exchange, MODERN, type RequestExtras, type Rpc, type RpcMessage } from '../support/rpc.ts';
import type { StdioRpc } from '../support/stdio.ts';
import { soon } from './soon.ts';

/** A message that answers nothing: a notification, or a question of the server. */
export interface Heard {
  readonly text: string;
  readonly message: RpcMessage;
}

/** Gives the result of a question as a value or as JSON text; undefined leaves it open. */
export type Responder = (params: Readonly<Record<string, unknown>>) => object | string | undefined;

export interface Caller {
  readonly era: 'legacy' | 'modern';
  readonly rpc: Rpc;
  /** The result of `initialize`. */
  readonly introduction: Readonly<Record<string, unknown>>;
  readonly heard: readonly Heard[];
  /** Questions that it was asked so far, as text. */
  readonly questions: readonly Heard[];
  /** Calls, and answers what is asked meanwhile, as the era does that. */
  call(method: string, params?: object, extras?: RequestExtras): Promise<Answer>;
  /** @param params a value, or JSON text that goes out as it is. */
  start(method: string, params?: object | string, extras?: RequestExtras): Exchange;
  /** The first message from the given place in `heard` that fits, now or later. */
  hears(fits: (message: RpcMessage) => boolean, from?: number): Promise<Heard>;
  /** Answers a kind of question otherwise than usual while it does something. */
  responding<T>(method: string, responder: Responder, body: () => Promise<T>): Promise<T>;
  /** Sends a message as it is. */
  send(text: string): Promise<void>;
  /** Sends a notification. */
  notify(method: string, params: object): Promise<void>;
  close(): Promise<void>;
}

export const CAPABILITIES = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const ANSWERS: ReadonlyMap<string, Responder> = new Map<string, Responder>([
  ['sampling/createMessage', () => ({ role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'm' })],
  [
    'elicitation/create',
    ({ mode }) => (mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'n' } }),
  ],
  ['roots/list', () => ({ roots: [{ uri: 'file:///work', name: 'work' }] })],
]);

interface Wire {
  readonly rpc: Rpc;
  readonly introduction: Readonly<Record<string, unknown>>;
  /** Sends a message that is no request. */
  send(text: string): Promise<unknown>;
  /** Where the transport does not tie messages to requests. */
  readonly listen: (heard: (message: RpcMessage, text: string) => void) => () => void;
  readonly tied: boolean;
}

export function stdioWire(stdio: StdioRpc, rpc: Rpc = stdio): Wire {
  return {
    rpc,
    introduction: stdio.introduction,
    send: async (text) => stdio.send(`${text}\n`),
    listen(heard) {
      stdio.listen(heard);
      return () => {};
    },
    tied: false,
  };
}

export function httpWire(rpc: HttpRpc): Wire {
  return {
    rpc,
    introduction: rpc.introduction,
    send: rpc.post,
    listen: rpc.revision === MODERN ? () => () => {} : rpc.listen,
    tied: true,
  };
}

/** @param capabilities what it declares with each request of 2026-07-28; sessions have declared theirs before. */
export function createCaller(
  { rpc, introduction, send, listen, tied }: Wire,
  capabilities: object = CAPABILITIES,
): Caller {
  const era = rpc.revision === MODERN ? 'modern' : 'legacy';
  const heard: Heard[] = [];
  const questions: Heard[] = [];
  const responders = new Map(ANSWERS);
  const news = soon();

  const answerTo = (method: string, params: RpcMessage['params']): string | undefined => {
    const result = responders.get(method)?.(params ?? {});
    return result === undefined || typeof result === 'string' ? result : JSON.stringify(result);
  };

  const take = (message: RpcMessage, text: string): void => {
    if (message.method === undefined) return;
    heard.push({ message, text });
    if (message.id !== undefined) {
      questions.push({ message, text });
      const result = answerTo(message.method, message.params);
      if (result !== undefined) void send(`{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${result}}`);
    }
    news.tell();
  };
  const stop = listen(take);

  const start = (method: string, params: object | string = {}, extras: RequestExtras = {}): Exchange => {
    const meta = era === 'modern' ? { [META_CAPABILITIES]: capabilities, ...extras.meta } : extras.meta;
    return rpc.start(method, params, {
      ...extras,
      meta,
      onNotification(message, text) {
        if (tied) take(message, text);
        extras.onNotification?.(message, text);
      },
    });
  };

  return {
    era,
    rpc,
    introduction,
    heard,
    questions,
    start,
    async call(method, params = {}, extras) {
      const { inputResponses: _given, ...rest } = params as Readonly<Record<string, unknown>>;
      let answer = await start(method, params, extras).answer;
      for (let round = 0; round < 20 && answer.message.result?.['resultType'] === 'input_required'; round++) {
        const { inputRequests = {}, requestState } = answer.message.result as {
          inputRequests?: Record<string, { method: string; params?: Record<string, unknown> }>;
          requestState?: string;
        };
        const answers = Object.entries(inputRequests).map(([key, { method: asked, params: about }]) => {
          questions.push({
            text: answer.text,
            message: { method: asked, ...(about === undefined ? {} : { params: about }) },
          });
          return `${JSON.stringify(key)}:${answerTo(asked, about)}`;
        });
        const given = JSON.stringify({ ...rest, ...(requestState === undefined ? {} : { requestState }) });
        const retry = `${given === '{}' ? '{' : `${given.slice(0, -1)},`}"inputResponses":{${answers.join(',')}}}`;
        answer = await start(method, retry, extras).answer;
      }
      return answer;
    },
    hears: (fits, from = 0) => news.until(() => heard.slice(from).find(({ message }) => fits(message))),
    async responding(method, responder, body) {
      const usual = responders.get(method);
      responders.set(method, responder);
      try {
        return await body();
      } finally {
        if (usual !== undefined) responders.set(method, usual);
      }
    },
    async send(text) {
      await send(text);
    },
    async notify(method, params) {
      await send(JSON.stringify({ jsonrpc: '2.0', method, params }));
    },
    async close() {
      stop();
      await rpc.close();
    },
  };
}
