/** An API through its channel: what is asked of it, and what becomes of its answers. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpDefinition, ServerDefinition } from '../../config/snapshot.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Authorization } from '../channel/authorization.ts';
import { checkBase } from './check-base.ts';
import { openApiOf } from './connect-openapi.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let answer: Answer = (_, response) => response.end();
const api = createServer((request, response) => {
  request.resume().on('end', () => answer(request, response));
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => api.close());

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'A', version: '1', description: 'What it is.' },
  paths: {
    '/x': {
      get: { operationId: 'read' },
      head: { operationId: 'look' },
      post: { operationId: 'write', requestBody: { content: { 'image/png': {} } } },
    },
    '/promised': {
      get: {
        operationId: 'promised',
        responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  },
};

interface Opened {
  ask(method: string, params: object): Promise<Record<string, never>>;
  cancel(): void;
  readonly asked: string[];
  close(): Promise<void>;
}

/** Opens the channel of an entry whose document is at the place of the API. */
async function open(more: Partial<HttpDefinition> = {}, authorization?: Authorization): Promise<Opened> {
  const before = answer;
  const asked: string[] = [];
  const link: HttpDefinition = {
    transport: 'openapi',
    url: origin,
    headers: new Map([['x-key', 'k']]),
    openapi: {
      document: `${origin}/api.json`,
      digest: undefined,
      base: origin,
      include: undefined,
      exclude: undefined,
      references: [],
      query: new Map(),
      cookies: new Map(),
    },
    ...more,
  };
  const server = { name: 'api', key: Math.random().toString(36), link } as unknown as ServerDefinition;
  const log = { debug() {}, info() {}, warn() {} };
  answer = (_, response) => response.end(JSON.stringify(DOCUMENT));
  const signal = new AbortController().signal;
  const opened = await openApiOf(server, { version: '1', log, signal, maxMessageBytes: 1000, authorization });
  answer = (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? request.headers['x-key']}`);
    before(request, response);
  };
  const waiting = new Map<number, ReturnType<typeof createDeferred<Record<string, never>>>>();
  const channel = opened.open({
    active() {},
    message(text, id) {
      const { result, error } = JSON.parse(text) as { result?: Record<string, never>; error?: Record<string, never> };
      waiting.get(id ?? 0)?.resolve(result ?? error ?? {});
      return true;
    },
    failed: (id, error) => waiting.get(id)?.reject(error),
    waits: () => true,
    renew: async () => {},
    missed() {},
    closed() {},
  });
  let id = 0;
  const outgoing = (method: string, text: string, own?: number) => ({
    id: own,
    method,
    text,
    revision: '2026-07-28',
    headers: undefined,
  });
  return {
    asked,
    ask(method, params) {
      const outcome = createDeferred<Record<string, never>>();
      waiting.set(++id, outcome);
      channel.send(outgoing(method, JSON.stringify({ jsonrpc: '2.0', id, method, params }), id));
      return outcome.promise;
    },
    cancel: () => channel.cancel(id, outgoing('notifications/cancelled', '{}')),
    close: () => channel.close(),
  };
}

const call = async (respond: Answer, name = 'read', args: object = {}): Promise<Record<string, never>> => {
  answer = respond;
  const opened = await open();
  try {
    return await opened.ask('tools/call', { name, arguments: args });
  } finally {
    await opened.close();
  }
};
const reply =
  (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, type === '' ? headers : { 'content-type': type, ...headers }).end(body);

it('introduces itself, and lists its tools', async () => {
  const opened = await open();
  expect(await opened.ask('server/discover', {})).toMatchObject({
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    instructions: 'What it is.',
  });
  const { tools } = (await opened.ask('tools/list', {})) as unknown as { tools: { name: string }[] };
  expect(tools.map(({ name }) => name)).toEqual(['read', 'write', 'look', 'promised']);
  expect(await opened.ask('prompts/list', {})).toMatchObject({ code: -32601 });
  expect(await opened.ask('tools/call', { name: 'none' })).toMatchObject({ code: -32602 });
  await opened.close();
});

describe('answers', () => {
  const text = (value: string) => ({ type: 'text', text: value });
  it.each([
    [
      'an object',
      reply(200, 'application/json', '{"n": 1.0}'),
      { content: [text('{"n": 1.0}')], structuredContent: { n: 1 } },
    ],
    [
      'a list',
      reply(200, 'application/vnd.x+json', '[1]'),
      { content: [text('[1]')], structuredContent: { result: [1] } },
    ],
    ['a text', reply(200, 'text/plain', 'hi'), { content: [text('hi')] }],
    ['nothing', reply(204, '', ''), { content: [text('HTTP 204 No Content')] }],
    ['no JSON', reply(200, 'application/json', '{'), { content: [text('{')] }],
    [
      'an image',
      reply(200, 'image/png', Buffer.from([1, 2])),
      { content: [{ type: 'image', data: 'AQI=', mimeType: 'image/png' }] },
    ],
    [
      'bytes',
      reply(200, 'application/zip', Buffer.from([1, 2])),
      { content: [{ type: 'resource', resource: { blob: 'AQI=', mimeType: 'application/zip' } }] },
    ],
    [
      'pages',
      reply(200, 'application/json', '{}', { link: '<https://x/?page=2>; rel="next"' }),
      { content: [text('{}'), text('link: <https://x/?page=2>; rel="next"')] },
    ],
    [
      'a refusal',
      reply(429, 'application/json', '{"a":1}', { 'retry-after': '5' }),
      {
        isError: true,
        content: [text('HTTP 429 Too Many Requests: {"a":1}'), text('retry-after: 5')],
        structuredContent: { status: 429, body: { a: 1 } },
      },
    ],
    [
      'a failure',
      reply(500, 'text/html', '<p>'),
      { isError: true, content: [text('HTTP 500 Internal Server Error: <p>')], structuredContent: { status: 500 } },
    ],
    [
      'another place',
      reply(302, '', '', { location: 'https://evil.example/' }),
      { content: [text('HTTP 302 Found'), text('location: https://evil.example/')] },
    ],
  ] as const)('%s', async (_, respond, expected) => {
    expect(await call(respond)).toMatchObject(expected);
  });

  it('that are not what the document promises have failed', async () => {
    const result = await call(reply(200, 'text/html', '<p>sign in</p>'), 'promised');
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/did not answer with JSON/) }, text('<p>sign in</p>')],
    });
  });

  it('to HEAD have no body, whatever they say', async () => {
    expect(await call(reply(200, 'application/json', '', { 'content-length': '7' }), 'look')).toMatchObject({
      content: [text('HTTP 200 OK')],
    });
  });

  it('that are too long, or broken off, are errors of the server', async () => {
    await expect(call(reply(200, 'text/plain', 'x'.repeat(2000)))).rejects.toThrow(/more than 1000 bytes/);
    await expect(call((_, response) => response.writeHead(200).write('x', () => response.destroy()))).rejects.toThrow(
      GatewayError,
    );
  });
});

it('redirects are followed within the API for what only reads', async () => {
  answer = ({ url }, response) =>
    url === '/y' ? response.end('there') : response.writeHead(307, { location: '/y' }).end();
  const opened = await open();
  expect(await opened.ask('tools/call', { name: 'read' })).toMatchObject({ content: [{ text: 'there' }] });
  const args = { body: Buffer.from('x').toString('base64') };
  expect(await opened.ask('tools/call', { name: 'write', arguments: args })).toMatchObject({
    content: [{ text: 'HTTP 307 Temporary Redirect' }, {}],
  });
  expect(opened.asked).toEqual(['GET /x k', 'GET /y k', 'POST /x k']);
  await opened.close();
});

it('a call that is cancelled ends its request', async () => {
  const begun = createDeferred<void>();
  const ended = createDeferred<void>();
  answer = (request) => {
    request.socket.once('close', () => ended.resolve());
    begun.resolve();
  };
  const opened = await open();
  const outcome = opened.ask('tools/call', { name: 'read' });
  await begun.promise;
  opened.cancel();
  await expect(outcome).rejects.toThrow(/was told to stop/);
  await ended.promise;
  await opened.close();
});

it('credentials of a sign-in go along only where the entry has one', async () => {
  const authorization: Authorization = {
    headers: () => ({ authorization: 'Bearer t' }),
    handleRefusal: async () => false,
  };
  answer = reply(200, 'text/plain', '');
  for (const [more, expected] of [
    [{ oauth: {} as never }, 'GET /x Bearer t'],
    [{}, 'GET /x k'],
  ] as const) {
    const opened = await open(more, authorization);
    await opened.ask('tools/call', { name: 'read' });
    expect(opened.asked).toEqual([expected]);
    await opened.close();
    answer = reply(200, 'text/plain', '');
  }
});

it.each([
  ['10.0.0.1', /not on the public internet. Add "url"/],
  ['169.254.169.254', /not on the public internet/],
  ['93.184.215.14', undefined],
] as const)('a document leads to %s only where that is public', async (address, message) => {
  const checked = checkBase('api', 'https://x.example/v1', async () => [{ address: '93.184.215.14' }, { address }]);
  await (message === undefined ? expect(checked).resolves.toBeUndefined() : expect(checked).rejects.toThrow(message));
});
