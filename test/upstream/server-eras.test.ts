/** HTTP servers that answer the question for their generation in a way of their own, behind the built program. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, type StdioGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers as serversFile, withPrincipals } from '../support/home.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { execute, textOf } from '../support/tools.ts';

const json = (response: ServerResponse, status: number, value: object): unknown =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** Streams that the server of 2024-11-05 opened. */
const streams: ServerResponse[] = [];

/** What comes in place of an answer to `server/discover`. */
const PROBES: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  python: (r) => json(r, 400, { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Bad Request' } }),
  silent: () => undefined,
  page: (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>'),
  reset: (r) => r.socket?.destroy(),
  old: (r) => {
    const id = streams.push(r) - 1;
    r.writeHead(200, { 'content-type': 'text/event-stream' }).write(`event: endpoint\ndata: /messages?${id}\n\n`);
  },
};

let calls = 0;

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const [kind = '', streamId] = request.url?.slice(1).split('?') ?? [];
  if (request.method !== 'POST' && kind !== 'old') {
    response.writeHead(405).end();
    return;
  }
  const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
  if (kind === 'old' || method === 'server/discover') {
    PROBES[kind]?.(response);
    return;
  }
  if (method === 'tools/call') calls++;
  const result =
    method === 'initialize'
      ? { protocolVersion: '2025-03-26', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } }
      : method === 'tools/list'
        ? { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }
        : { content: [{ type: 'text', text: 'hi' }] };
  const answer = { jsonrpc: '2.0', id, result };
  if (id !== undefined && streamId === undefined) {
    json(response, 200, answer);
    return;
  }
  response.writeHead(202).end();
  if (id !== undefined) streams[Number(streamId)]?.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
});

const kinds = Object.keys(PROBES);
let setup: Parameters<typeof serveHttp>[0];
let overHttp: HttpGateway;
let overStdio: StdioGateway;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  setup = {
    servers: serversFile(Object.fromEntries(kinds.map((kind) => [kind, { url: `${origin}/${kind}` }]))),
    rules: withPrincipals({ any: { allow: { servers: ['*'] } } }),
    env: { GATEWAY_DEFAULT_AGENT: 'any' },
  };
  overHttp = await serveHttp(setup);
  overStdio = await serveStdio(setup, '2025-11-25');
});

afterAll(async () => {
  await overHttp.stop();
  await overStdio.stop();
  server.closeAllConnections();
  server.close();
});

describe.each(kinds)('a server that answers server/discover in a way of its own (%s)', (kind) => {
  const once = async (rpc: Rpc): Promise<void> => {
    const before = calls;
    expect(textOf(await execute(rpc, { server: kind, tool: 'echo', agent_id: 'any' }))).toBe('hi');
    expect(calls).toBe(before + 1);
  };

  it('is called over stdio and over HTTP, by callers of both generations, once each time', async () => {
    await once(overStdio.rpc);
    for (const revision of [MODERN, '2025-11-25']) {
      const rpc = await overHttp.open(revision);
      await once(rpc);
      await rpc.close();
    }
  });
});
