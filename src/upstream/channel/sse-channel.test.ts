import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { GatewayError } from '../../shared/errors.ts';
import { memoryLog, until } from '../testing.ts';
import type { ChannelHandlers, Outgoing } from './channel.ts';
import { type SseOptions, sseChannel } from './sse-channel.ts';

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

const message = (id: number | undefined, text: string): Outgoing => ({
  id,
  method: 'tools/call',
  text,
  revision: '2024-11-05',
  headers: undefined,
});

async function setUp(answer: Answer, options: Partial<SseOptions> = {}) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    answer(response, request, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`;
  const messages: string[] = [];
  const failures = new Map<number, GatewayError>();
  const ends: GatewayError[] = [];
  const warnings: string[] = [];
  const state = { active: 0 };
  const handlers: ChannelHandlers = {
    active: () => void state.active++,
    message: (text) => messages.push(text) > 0 && text !== 'nonsense',
    failed: (id, error) => void failures.set(id, error),
    waits: () => true,
    renew: async () => undefined,
    missed: () => undefined,
    closed: (error) => void ends.push(error),
  };
  const definition = { transport: 'sse', url, headers: new Map<string, string>() } as const;
  const common = { server: 's', version: '1', log: memoryLog(), warn: (what: string) => void warnings.push(what) };
  const channel = sseChannel({ ...common, definition, maxMessageBytes: 1000, ...options })(handlers);
  onTestFinished(async () => {
    await channel.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { channel, messages, failures, ends, warnings, state };
}

function openStream(response: ServerResponse, ...events: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(events.join(''));
}

it('sends what waited for the address, and everything after it, to that address', async () => {
  const posts: string[] = [];
  let stream: ServerResponse | undefined;
  const { channel, messages, warnings, state } = await setUp((response, { method, url, headers }, body) => {
    if (method === 'GET') stream = response;
    else posts.push(`${url} ${headers['mcp-protocol-version']} ${body}`);
    if (method === 'GET') openStream(response, ': hello\n\n');
    else response.writeHead(202).end();
  });
  channel.send(message(1, 'one'));
  channel.cancel(1, message(undefined, 'cancelled'));
  await until(() => stream !== undefined);
  expect([posts, state.active]).toEqual([[], 0]);
  stream?.write('event: endpoint\ndata: /messages?session=1\n\nevent: endpoint\ndata: /elsewhere\n\n');
  await until(() => posts.length === 2);
  channel.send(message(2, 'two'));
  await until(() => posts.length === 3);
  expect(posts.toSorted()).toEqual(
    ['one', 'cancelled', 'two'].map((text) => `/messages?session=1 2024-11-05 ${text}`).toSorted(),
  );
  stream?.write('data: hello\n\ndata: nonsense\n\n');
  await until(() => messages.length === 2);
  expect([state.active, warnings]).toEqual([1, ['An event of the server is no message.']]);
});

it.each<[string, Answer, RegExp]>([
  ['a status', (response) => response.writeHead(403).end('no'), /refused the request \(HTTP 403\)/],
  ['something else', (response) => response.end('{}'), /does not answer with an event stream/],
  [
    'a stream that ends',
    (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
    /closed its/,
  ],
  [
    'an event that is too long',
    (response) => openStream(response, `data: ${'x'.repeat(2000)}\n\n`),
    /sent an event that is too long/,
  ],
  [
    'an address of another origin',
    (response) => openStream(response, 'event: endpoint\ndata: http://example.com/\n\n'),
    /names an address of another origin/,
  ],
  [
    'an address that is none',
    (response) => openStream(response, 'event: endpoint\ndata: http://\n\n'),
    /another origin/,
  ],
])('is over when the server answers with %s', async (_what, answer, what) => {
  const { channel, ends } = await setUp(answer);
  await until(() => ends.length > 0);
  expect(ends).toHaveLength(1);
  expect(ends[0]?.message).toMatch(what);
  channel.send(message(1, 'late'));
});

it('is over when the server names no address in time', async () => {
  const { ends } = await setUp((response) => openStream(response, ': hello\n\n'), { endpointMs: 20 });
  await until(() => ends.length > 0);
  expect(ends[0]?.message).toBe('Server "s" names no address for messages.');
});

it('fails one request that is refused, and goes on', async () => {
  const log = memoryLog();
  const { channel, failures, ends } = await setUp(
    (response, { method }) => {
      if (method === 'GET') openStream(response, 'event: endpoint\ndata: /messages\n\n');
      else response.writeHead(500).end('broken');
    },
    { log },
  );
  channel.send(message(7, 'one'));
  channel.send(message(undefined, 'two'));
  await until(() => failures.size > 0 && log.lines.length > 0);
  expect(failures.get(7)?.message).toContain('It said: "broken"');
  expect(log.lines.map(({ message: text }) => text)).toEqual(['a message was not sent']);
  expect(ends).toEqual([]);
});

it('says nothing after it was closed', async () => {
  const { channel, ends } = await setUp((response) => openStream(response, ': hello\n\n'));
  await channel.close();
  expect(ends).toEqual([]);
});
