import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { errorOf, execute, executeText, textOf } from '../support/tools.ts';
import { ANY, worker } from './support.ts';

type Answer = (response: ServerResponse, id: unknown) => void;
const json = (response: ServerResponse, body: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
const result = (id: unknown, value: string) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text: value }] },
});
/** Writes the same until nobody reads any more. */
const flood = (response: ServerResponse, type: string, chunk: string): void => {
  response.setHeader('content-type', type);
  const more = (): void => {
    if (!response.destroyed) response.write(chunk, more);
  };
  more();
};

const MEBI = 'x'.repeat(1024 * 1024);
/** What a call is told, or the text that it gets all the same. */
const KINDS: readonly (readonly [kind: string, answer: Answer, code: string | undefined, told: string | RegExp])[] = [
  ['a body without end', (to) => flood(to, 'application/json', MEBI), 'SERVER_UNAVAILABLE', /more than \d+ bytes/],
  ['an event without end', (to) => flood(to, 'text/event-stream', `data: ${MEBI}`), 'SERVER_UNAVAILABLE', /too long/],
  ['comments without end', (to) => flood(to, 'text/event-stream', `: ${MEBI}\n`), 'TIMEOUT', /did not answer/],
  ['a broken body', (to) => json(to, '{"jsonrpc":"2.0","id":1,"result":{'), 'SERVER_UNAVAILABLE', /cannot be read/],
  [
    'bytes that are no text',
    (to) => to.setHeader('content-type', 'application/json').end(Buffer.from([0xff])),
    'SERVER_UNAVAILABLE',
    /not UTF-8/,
  ],
  ['no answer at all', () => undefined, 'TIMEOUT', /did not answer/],
  ['a connection that ends', (to) => to.destroy(), 'SERVER_UNAVAILABLE', /closed the connection/],
  [
    'half a body',
    (to) => {
      to.setHeader('content-length', 1000);
      json(to, '{"jsonrpc"');
      to.destroy();
    },
    'SERVER_UNAVAILABLE',
    /broke off its answer|closed the connection/,
  ],
  [
    'the answer to another request',
    (to) => json(to, result(987_654, 'wrong')),
    'SERVER_UNAVAILABLE',
    /answered something else/,
  ],
  [
    'a page for people',
    (to) => to.setHeader('content-type', 'text/html').end('<h1>Hello</h1>'),
    'SERVER_UNAVAILABLE',
    /neither JSON nor events/,
  ],
  ['what is not HTTP', (to) => void to.socket?.end('SSH-2.0-none\r\n'), 'SERVER_UNAVAILABLE', /not with HTTP/],
  ['an error of its own', (to) => to.writeHead(500).end(), 'SERVER_UNAVAILABLE', /failed \(HTTP 500\)/],
  ['nothing', (to) => to.writeHead(204).end(), 'SERVER_UNAVAILABLE', /answered with nothing/],
  [
    'a redirect to itself',
    (to) => to.writeHead(307, { location: to.req.url }).end(),
    'SERVER_UNAVAILABLE',
    /redirects more than 3 times/,
  ],
  [
    'too many headers',
    (to) => to.writeHead(200, { many: MEBI.slice(0, 100_000) }).end(),
    'SERVER_UNAVAILABLE',
    /more headers than a response may have/,
  ],
  [
    'events of others before its own',
    (to, id) => {
      to.setHeader('content-type', 'text/event-stream');
      for (const other of [987_654, id]) to.write(`data: ${JSON.stringify(result(other, `${other === id}`))}\n\n`);
      to.end();
    },
    undefined,
    'true',
  ],
];

let http: Server;
let gateway: StdioGateway;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const kind = KINDS[Number(request.url?.slice(1))];
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const { id, method } = JSON.parse(body) as { id?: unknown; method: string };
  if (id === undefined) return void response.writeHead(202).end();
  const info = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } };
  if (method === 'initialize') json(response, { jsonrpc: '2.0', id, result: info });
  else if (method === 'tools/list') {
    json(response, { jsonrpc: '2.0', id, result: { tools: [{ name: 'work', inputSchema: { type: 'object' } }] } });
  } else if (method === 'tools/call') kind?.[1](response, id);
  else json(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } });
}

beforeAll(async () => {
  http = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const home = makeHome({ rules: ANY });
  const bad = Object.fromEntries(KINDS.map(([kind], at) => [kind, { url: `http://127.0.0.1:${port}/${at}` }]));
  writeFileSync(home.servers, JSON.stringify(servers({ calm: worker(), ...bad })));
  gateway = await serveStdio({ home, args: ['--init-strategy', 'lazy'] });
});
afterAll(async () => {
  await gateway.stop();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

const call = (server: string, id: string) => ({ agent_id: 'any', server, tool: 'work', args: { id } });

it.concurrent.each(KINDS)(
  'an HTTP server that answers with %s hurts itself alone, and is told so',
  async (kind, _answer, code, told) => {
    const [given, calm] = await Promise.all([
      execute(gateway.rpc, { ...call(kind, kind), timeout_ms: code === 'TIMEOUT' ? 2000 : 30_000 }),
      executeText(gateway.rpc, call('calm', kind)),
    ]);
    expect(calm).toBe(kind);
    if (code === undefined) return expect(textOf(given)).toBe(told);
    const error = errorOf(given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(told);
    const warned = / The call may have taken effect: check before you repeat it\./.test(error.message);
    // Who sends a call elsewhere has not done it.
    expect(warned).toBe(!kind.includes('redirect'));
    expect(error.message).not.toMatch(/try again/i);
  },
);
