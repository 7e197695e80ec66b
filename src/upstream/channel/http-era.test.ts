/** Whatever does not recognisably speak 2026-07-28 is initialized, or spoken to over HTTP+SSE. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Reply, UpstreamConnection } from '../contract.ts';
import { createLab, httpServer, type Lab } from '../testing.ts';

interface Asked {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string };
}

type Answer = (response: ServerResponse, message: Asked, request: IncomingMessage) => void;

interface Odd {
  readonly url: string;
  readonly origin: string;
  /** Methods of messages, and of requests without one, as they came. */
  readonly seen: string[];
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function lab(options: Parameters<typeof createLab>[0] = {}): Lab {
  const budgets = { httpProbeMs: 1000, endpointMs: 5000, handshakeMs: 10_000 };
  const made = createLab({ ...options, budgets: { ...budgets, ...options.budgets } });
  ends.push(() => made.upstreams.close());
  return made;
}

async function serve(answer: Answer): Promise<Odd> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const message = (body === '' ? {} : JSON.parse(body)) as Asked;
    seen.push(message.method ?? request.method ?? '');
    answer(response, message, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `${origin}/mcp`, origin, seen };
}

const json = (response: ServerResponse, status: number, value: unknown, headers = {}): unknown =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof value === 'string' ? value : JSON.stringify(value));

/** The answer of a plain server of 2025; undefined for notifications. */
function plain({ id, method }: Asked): object | undefined {
  if (id === undefined) return undefined;
  const result =
    method === 'initialize'
      ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } }
      : { content: [{ type: 'text', text: 'hi' }] };
  return { jsonrpc: '2.0', id, result };
}

const plainly: Answer = (response, message, request) => {
  const answer = plain(message);
  if (request.method !== 'POST') response.writeHead(405).end();
  else if (answer === undefined) response.writeHead(202).end();
  else json(response, 200, answer);
};

/** A server of 2025 that answers the probe in a way of its own. */
const probed = (odd: Answer): Promise<Odd> =>
  serve((response, message, request) =>
    (message.method === 'server/discover' ? odd : plainly)(response, message, request),
  );

const call = (link: UpstreamConnection): Promise<Reply> =>
  link.request('tools/call', '"name":"echo","arguments":{}', { timeoutMs: 5000 });

const WAIT = { timeoutMs: 10_000 };

async function works(made: Lab, server: ServerDefinition): Promise<UpstreamConnection> {
  const link = await made.upstreams.lease(server, WAIT);
  expect(await call(link)).toMatchObject({ ok: true });
  return link;
}

/** Refuses what it has not read, as the Python SDK 1.x does. */
const unread = (message: string) => ({ jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message } });
const stream = (response: ServerResponse, text: string): ServerResponse => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
  return response;
};

const offer = (...supportedVersions: string[]): object => ({ supportedVersions, capabilities: {} });

const PROBE_ANSWERS: readonly (readonly [string, Answer])[] = [
  ['400 and an error under "server-error"', (r) => json(r, 400, unread('Bad Request: Unsupported protocol version'))],
  ['200 and an error under another id', (r) => json(r, 200, unread('Not Acceptable'))],
  ['an event with an error under another id', (r) => stream(r, `data: ${JSON.stringify(unread('no'))}\n\n`).end()],
  ['an error under null', (r) => json(r, 400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'no' } })],
  ['a result of something else', (r, { id }) => json(r, 200, { jsonrpc: '2.0', id, result: {} })],
  ['a result under another id', (r) => json(r, 200, { jsonrpc: '2.0', id: 4711, result: {} })],
  ['nothing at all', () => undefined],
  ['a stream that stays open', (r) => stream(r, ': ok\n\n')],
  ['a stream that ends', (r) => stream(r, ': ok\n\n').end()],
  ['202', (r) => r.writeHead(202).end()],
  ['204', (r) => r.writeHead(204).end()],
  ['an empty body', (r) => json(r, 200, '')],
  ['JSON of its own', (r) => json(r, 200, { error: 'Unknown method' })],
  ['revisions of another time', (r, { id }) => json(r, 200, { jsonrpc: '2.0', id, result: offer('2027-01-01') })],
  ['no revision', (r, { id }) => json(r, 200, { jsonrpc: '2.0', id, result: offer() })],
  [
    'a refusal that names other revisions',
    (r, { id }) =>
      json(r, 400, { jsonrpc: '2.0', id, error: { code: -32022, message: 'no', data: { supported: ['2027-01-01'] } } }),
  ],
  ['an array', (r, { id }) => json(r, 200, [{ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }])],
  ['half of some JSON', (r) => json(r, 200, '{"jsonrpc":"2.0","id":')],
  ['a page', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>MCP</p>')],
  [
    'bytes that are no text',
    (r) => r.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x7b, 0xff, 0x7d])),
  ],
  ['a closed connection', (r) => r.socket?.destroy()],
  ['half an answer', (r) => r.writeHead(200, { 'content-type': 'application/json', 'content-length': 50 }).write('{')],
  ['401', (r) => r.writeHead(401).end()],
  ['401 and a challenge', (r) => r.writeHead(401, { 'www-authenticate': 'Bearer realm="mcp"' }).end()],
  ['401 and an error', (r, { id }) => json(r, 401, { jsonrpc: '2.0', id, error: { code: -32001, message: 'no' } })],
  ['403', (r) => r.writeHead(403).end()],
  ['404', (r) => r.writeHead(404).end()],
  ['406', (r) => r.writeHead(406).end()],
  ['415', (r) => r.writeHead(415).end()],
  ['500', (r) => r.writeHead(500).end()],
  ['502', (r) => r.writeHead(502).end()],
  ['504', (r) => r.writeHead(504).end('upstream request timeout')],
];

describe('a server of 2025 that answers the probe with', () => {
  it.each(PROBE_ANSWERS)('%s is initialized', async (_what, answer) => {
    const server = await probed(answer);
    const link = await works(lab(), httpServer(server.url));
    expect(link.facts.era).toBe('legacy');
    expect(server.seen.filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it.each([
    ['429', 429, {}],
    ['503 and Retry-After', 503, { 'retry-after': '1' }],
  ])('%s is not', async (_what, status, headers) => {
    const server = await probed((response) => response.writeHead(status, headers).end());
    await expect(lab().upstreams.lease(httpServer(server.url), WAIT)).rejects.toThrow(String(status));
    expect(server.seen).not.toContain('initialize');
  });

  it.each([400, 403, 404, 500])('401, and initialize with %i, wants a credential', async (status) => {
    const server = await serve((response, { method }) =>
      response.writeHead(method === 'server/discover' ? 401 : status).end(),
    );
    await expect(lab().upstreams.lease(httpServer(server.url), WAIT)).rejects.toThrow('HTTP 401');
  });
});

const as =
  (type: string | undefined, write = (answer: string): string => answer): Answer =>
  (response, message, request) => {
    const answer = plain(message);
    if (request.method !== 'POST' || answer === undefined) return plainly(response, message, request);
    response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(write(JSON.stringify(answer)));
  };

it.each<[string, Answer]>([
  ['as plain text', as('text/plain; charset=utf-8')],
  ['of no type', as(undefined)],
  ['of a type of its own', as('application/vnd.mcp+json')],
  ['in an array', as('application/json', (answer) => `[${answer}]`)],
  ['in an array with white space', as('application/json', (answer) => `\n[ ${answer} ]\n`)],
  ['in an array in an event', as('text/event-stream', (answer) => `data: [${answer}]\n\n`)],
  ['after a byte-order mark', as('application/json', (answer) => `\ufeff${answer}`)],
])('an answer %s is read', async (_what, answer) => {
  const server = await serve(answer);
  await works(lab(), httpServer(server.url));
});

it.each([
  [200, 'text/html', '<p>hi</p>', 'neither JSON nor events ("text/html"). Check the address in its entry.'],
  [200, 'application/json', '', 'answered with nothing. Check the address in its entry.'],
  [200, 'text/plain', 'OK', 'It begins with "OK"'],
  [404, 'text/html', '<p>hi</p>', '(HTTP 404). Check the address in its entry.'],
  [
    400,
    'application/json',
    '{"errors":[{"message":"Must provide query string"}]}',
    'It said: "Must provide query string".',
  ],
  [422, 'application/json', '{"detail":[{"loc":["body"],"msg":"field required"}]}', 'It said: "field required".'],
  [500, 'application/json', '{"message":"The database is away"}', 'It said: "The database is away".'],
])('%i with %s (%s) is told so that somebody can do something', async (status, type, body, said) => {
  const server = await serve((response) => response.writeHead(status, { 'content-type': type }).end(body));
  await expect(lab().upstreams.lease(httpServer(server.url), WAIT)).rejects.toThrow(said);
});

describe('a server of 2026 that', () => {
  const discovered = ({ id }: Asked): object => ({
    jsonrpc: '2.0',
    id,
    result: { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
  });
  const result = ({ id }: Asked): object => ({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [] } });

  it.each(['an error', 'a status', 'nothing'])(
    'is slow to wake up and knows no initialize (%s) is recognised',
    async (kind) => {
      let wake: (() => void) | undefined;
      const server = await serve((response, message) => {
        if (message.method === 'server/discover') {
          wake = () => json(response, 200, discovered(message));
        } else if (message.method === 'initialize') {
          const { id } = message;
          if (kind === 'an error') json(response, 200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } });
          if (kind === 'a status') response.writeHead(400).end('?');
          if (kind === 'nothing') response.writeHead(202).end();
          wake?.();
        } else json(response, 200, result(message));
      });
      expect((await works(lab(), httpServer(server.url))).facts.era).toBe('modern');
    },
  );

  it('is out of order for a moment stays one of 2026', async () => {
    let isBroken = false;
    const server = await serve((response, message, request) => {
      if (isBroken) response.writeHead(502).end();
      else if (message.method === 'server/discover') json(response, 200, discovered(message));
      else if (message.method === 'initialize') plainly(response, message, request);
      else json(response, 200, result(message));
    });
    const made = lab();
    const definition = httpServer(server.url);
    await (await works(made, definition)).close();
    isBroken = true;
    await expect(made.upstreams.lease(definition, WAIT)).rejects.toThrow('HTTP 502');
    isBroken = false;
    expect((await works(made, definition)).facts.era).toBe('modern');
    expect(server.seen).not.toContain('initialize');
  });
});

describe('the first call after a restart of a server', () => {
  it.each([
    [404, unread('Session not found')],
    [400, unread('Bad Request: No valid session ID provided')],
    [400, unread('Bad Request: Missing session ID')],
    [404, { jsonrpc: '2.0', id: '', error: { code: -32001, message: 'gone' } }],
  ])('that refuses the session with %i under an id of its own is made again, once', async (status, refusal) => {
    let session = 'one';
    const server = await serve((response, message, request) => {
      if (message.method === 'initialize') return json(response, 200, plain(message), { 'mcp-session-id': session });
      const isKnown = request.headers['mcp-session-id'] === session;
      if (message.method !== 'server/discover' && !isKnown) return json(response, status, refusal);
      if (message.method === 'server/discover') return json(response, 400, unread('Missing session ID'));
      return plainly(response, message, request);
    });
    const link = await works(lab(), httpServer(server.url));
    session = 'two';
    expect(await call(link)).toMatchObject({ ok: true });
    expect(server.seen.filter((method) => method === 'initialize')).toHaveLength(2);
    expect(server.seen.filter((method) => method === 'tools/call')).toHaveLength(3);
  });

  it('is not, where the refusal under an id of its own is about something else', async () => {
    const server = await serve((response, message, request) => {
      if (message.method === 'initialize') return json(response, 200, plain(message), { 'mcp-session-id': 's' });
      if (message.method === 'tools/call') return json(response, 400, unread('Validation failed'));
      return plainly(response, message, request);
    });
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    expect(await call(link)).toMatchObject({ ok: false, message: expect.stringContaining('Validation failed') });
    expect(server.seen.filter((method) => method === 'tools/call')).toHaveLength(1);
    expect(server.seen.filter((method) => method === 'initialize')).toHaveLength(1);
  });
});

describe('a server of 2024-11-05 whose address answers a POST with', () => {
  const oldServer = (
    post: (response: ServerResponse, open: (response: ServerResponse) => void) => void,
  ): Promise<Odd> => {
    let out: ServerResponse | undefined;
    const open = (response: ServerResponse): void => {
      stream(response, 'event: endpoint\ndata: /messages\n\n');
    };
    return serve((response, message, request) => {
      if (request.url === '/messages') {
        response.writeHead(202).end();
        const answer = plain(message);
        if (answer !== undefined) out?.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
      } else if (request.method === 'GET') {
        out = response;
        open(response);
      } else post(response, open);
    });
  };

  it.each<[string, Parameters<typeof oldServer>[0]]>([
    ['its stream', (response, open) => open(response)],
    ['nothing', () => undefined],
    ['202', (response) => response.writeHead(202).end()],
    ...[400, 403, 404, 405, 406, 415, 422, 500, 501].map((status): [string, Parameters<typeof oldServer>[0]] => [
      String(status),
      (response) => response.writeHead(status).end(),
    ]),
  ])('%s is spoken to over HTTP+SSE', async (_what, post) => {
    const server = await oldServer(post);
    const made = lab({ budgets: { handshakeMs: 3000 } });
    await works(made, httpServer(server.url));
    expect(server.seen.filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it('405 is not, where its entry says "http"', async () => {
    const server = await oldServer((response) => response.writeHead(405).end());
    const { link, ...rest } = httpServer(server.url);
    const definition = { ...rest, link: { ...link, isCertain: true } } as ServerDefinition;
    await expect(lab().upstreams.lease(definition, WAIT)).rejects.toThrow('HTTP 405');
    expect(server.seen).not.toContain('GET');
  });
});

describe('what a server said', () => {
  it.each([
    ['text', 'text/plain', 'Origin not allowed', ' It said: "Origin not allowed".'],
    [
      'problem details',
      'application/problem+json',
      '{"title":"No","detail":"Not from there"}',
      ' It said: "Not from there".',
    ],
    ['an error of its own', 'application/json', '{"error":"blocked by policy"}', ' It said: "blocked by policy".'],
    ['a JSON-RPC error without id', 'application/json', JSON.stringify(unread('Forbidden')), ': "Forbidden"'],
    ['a page', 'text/html', '<h1>403</h1>', ''],
    ['nothing', 'text/plain', '', ''],
  ])('with 403 is told (%s), and nothing of credentials where the entry has none', async (_what, type, body, said) => {
    const server = await serve((response) => response.writeHead(403, { 'content-type': type }).end(body));
    const error = await Promise.resolve(lab().upstreams.lease(httpServer(server.url), WAIT)).then(
      () => new Error('connected'),
      (caught: Error) => caught,
    );
    expect(error.message).toContain(said);
    expect(error.message).not.toMatch(/credential/);
    const other = lab().upstreams.lease(httpServer(server.url, 'http', { 'x-api-key': 'k' }), WAIT);
    if (said.startsWith(' It')) await expect(other).rejects.toThrow(/credentials in its entry/);
    else await expect(other).rejects.toThrow();
  });
});

it('a server that never answers `initialized` delays no call for long, and each later one not at all', async () => {
  const server = await serve((response, message, request) => {
    if (message.method !== 'notifications/initialized') plainly(response, message, request);
  });
  const link = await works(lab(), httpServer(server.url));
  await call(link);
  expect(server.seen.filter((method) => method === 'tools/call')).toHaveLength(2);
});

it.each(['a b', 'caf\u00e9', '"x"', ''])('an id of a session may be %j', async (id) => {
  const carried: (string | string[] | undefined)[] = [];
  const server = await serve((response, message, request) => {
    if (message.method === 'initialize') return json(response, 200, plain(message), { 'mcp-session-id': id });
    if (message.method === 'tools/call') carried.push(request.headers['mcp-session-id']);
    return plainly(response, message, request);
  });
  await works(lab(), httpServer(server.url));
  expect(carried).toEqual([id === '' ? undefined : id]);
});

it.each([1, 1024, 1025, 7000, 12_000])('an id of a session may have %i characters', async (length) => {
  const id = 'x'.repeat(length);
  const carried: boolean[] = [];
  const server = await serve((response, message, request) => {
    if (message.method === 'initialize') return json(response, 200, plain(message), { 'mcp-session-id': id });
    if (message.method === 'tools/call') carried.push(request.headers['mcp-session-id'] === id);
    return plainly(response, message, request);
  });
  await works(lab(), httpServer(server.url));
  expect(carried).toEqual([true]);
});
