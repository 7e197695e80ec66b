import http from 'node:http';
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

export interface HttpReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string | Uint8Array;
  /** Called with each chunk of the answer's body. */
  readonly onChunk?: (chunk: string) => void;
  readonly onHeaders?: (headers: http.IncomingHttpHeaders) => void;
  readonly signal?: AbortSignal;
}

/** One HTTP request on a connection of its own; a header of undefined is left out. */
export function request(url: string | URL, options: HttpRequest = {}): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) if (value !== undefined) headers[name] = value;
    const { signal } = options;
    const outgoing = http.request(url, {
      method: options.method ?? 'GET',
      headers,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      options.onHeaders?.(response.headers);
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        options.onChunk?.(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.end(options.body);
  });
}

/** The messages of an SSE body, or the one of a JSON body. */
export function messagesOf(body: string, contentType: string | undefined): string[] {
  if (contentType?.startsWith('text/event-stream') !== true) return body === '' ? [] : [body];
  return body
    .split(/\r?\n\r?\n/)
    .map((event) => event.split(/\r?\n/).filter((line) => line.startsWith('data:')))
    .map((data) => data.map((line) => line.slice(line.startsWith('data: ') ? 6 : 5)).join('\n'))
    .filter((data) => data !== '');
}

export interface HttpRpc extends Rpc {
  readonly url: string;
  readonly session: string | undefined;
  /** The result of `initialize`. */
  readonly introduction: Readonly<Record<string, unknown>>;
  /** The headers that a request of this connection carries. */
  headers(method: string, name?: string): Record<string, string>;
  /** Posts a message that is no request. */
  post(body: string): Promise<HttpReply>;
  /** Opens the stream of a session for what belongs to no request. @returns ends it */
  listen(heard: (message: RpcMessage, text: string) => void): () => void;
}

export interface HttpOptions {
  readonly token?: string | undefined;
  /** Client capabilities for `initialize`. */
  readonly capabilities?: object;
}

/** The headers of a modern request; for revisions of 2025 those that need no session. */
export function httpHeaders(revision: string, method: string, name?: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  if (method !== 'initialize') headers['mcp-protocol-version'] = revision;
  if (revision === MODERN) {
    headers['mcp-method'] = method;
    if (name !== undefined) headers['mcp-name'] = headerValue(name);
  }
  return headers;
}

/** What a header cannot carry goes as base64 (2026-07-28, streamable-http, Value Encoding). */
function headerValue(value: string): string {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? value
    : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** Opens a session for the revisions of 2025; 2026-07-28 has none. */
export async function openHttp(url: string, revision: string, options: HttpOptions = {}): Promise<HttpRpc> {
  let session: string | undefined;
  let introduction: Readonly<Record<string, unknown>> = {};
  let nextId = 1;

  function headers(method: string, name?: string): Record<string, string> {
    const all = httpHeaders(revision, method, name);
    if (options.token !== undefined) all['authorization'] = `Bearer ${options.token}`;
    if (session !== undefined) all['mcp-session-id'] = session;
    return all;
  }

  function start(method: string, params?: string | object, extras: RequestExtras = {}): Exchange {
    const id = nextId++;
    const body = requestText(id, method, params, revision, extras);
    const abort = new AbortController();
    const name = nameOf(body);
    const answer = exchange(body, method, name, extras, abort.signal);
    answer.catch(() => {});
    const cancel = (): void => {
      if (revision === MODERN) abort.abort();
      else void post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`);
    };
    return { id, answer, cancel };
  }

  function post(body: string): Promise<HttpReply> {
    return request(url, { method: 'POST', headers: headers('notification'), body });
  }

  async function exchange(
    body: string,
    method: string,
    name: string | undefined,
    extras: RequestExtras,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { onNotification } = extras;
    const reply = await request(url, {
      method: 'POST',
      headers: headers(method, name),
      body,
      signal,
      ...(onNotification === undefined ? {} : { onChunk: eventReader(onNotification) }),
    });
    if (method === 'initialize') session = first(reply.headers['mcp-session-id']);
    const texts = messagesOf(reply.body, reply.headers['content-type']);
    const messages = texts.map((text) => JSON.parse(text) as RpcMessage);
    const at = messages.findIndex((message) => message.method === undefined);
    const message = messages[at];
    const text = texts[at];
    if (message === undefined || text === undefined)
      throw new Error(`HTTP ${reply.status} without an answer: ${reply.body}`);
    return { text, message, notifications: messages.slice(0, at), status: reply.status };
  }

  if (revision !== MODERN) {
    const { message } = await start('initialize', INITIALIZE(revision, options.capabilities)).answer;
    if (message.result?.['protocolVersion'] !== revision) throw new Error(`initialize: ${JSON.stringify(message)}`);
    introduction = message.result;
    const { status } = await post(INITIALIZED);
    if (status !== 202) throw new Error(`notifications/initialized: HTTP ${status}`);
  }
  return {
    url,
    revision,
    get session() {
      return session;
    },
    introduction,
    headers,
    post,
    listen(heard) {
      const abort = new AbortController();
      const asked = { ...headers('listen'), accept: 'text/event-stream' };
      const stream = request(url, { headers: asked, signal: abort.signal, onChunk: eventReader(heard) });
      stream.catch(() => {});
      return () => abort.abort();
    },
    start,
    call: (method, params, extras) => start(method, params, extras).answer,
    async close() {
      if (session !== undefined) await request(url, { method: 'DELETE', headers: headers('delete') });
    },
  };
}

/** Reads the messages of a stream that answer nothing, chunk by chunk. */
function eventReader(heard: (message: RpcMessage, text: string) => void): (chunk: string) => void {
  let seen = '';
  return (chunk) => {
    seen += chunk;
    const complete = seen.lastIndexOf('\n\n') + 2;
    for (const text of messagesOf(seen.slice(0, complete), 'text/event-stream')) {
      const message = JSON.parse(text) as RpcMessage;
      if (message.method !== undefined) heard(message, text);
    }
    seen = seen.slice(complete);
  };
}

function nameOf(body: string): string | undefined {
  const params = (JSON.parse(body) as { params?: { name?: unknown; uri?: unknown; taskId?: unknown } }).params;
  const name = params?.name ?? params?.uri ?? params?.taskId;
  return typeof name === 'string' ? name : undefined;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
