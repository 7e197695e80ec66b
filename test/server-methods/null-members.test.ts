/** Servers that write null for what is not there: callers of official clients, which refuse that, get the rest. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servers, withPrincipals } from '../support/home.ts';
import { CORNERS, open } from '../support/matrix.ts';
import type { Rpc } from '../support/rpc.ts';
import { execute } from '../support/tools.ts';

const RESULTS: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} },
    serverInfo: { name: 'nulls', version: '1' },
  },
  'tools/list': { tools: [{ name: 'empty' }, { name: 'full' }], nextCursor: null },
  'prompts/list': { prompts: [{ name: 'p', description: null, arguments: null }] },
  'resources/list': { resources: null },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'mem:///{x}', name: 't', mimeType: null }] },
  'resources/read': { contents: [{ uri: 'mem:///a', mimeType: null, text: 'null', blob: null, _meta: null }] },
  'prompts/get': { messages: [{ role: 'user', content: { type: 'text', text: 'hi', annotations: null } }] },
  'completion/complete': { completion: { values: null, total: null, hasMore: false } },
};
const CALLS: Readonly<Record<string, object>> = {
  empty: { content: null, isError: null, structuredContent: null, _meta: null },
  full: {
    content: [
      { type: 'text', text: 'a', annotations: null },
      { type: 'x', value: null },
    ],
  },
};

let server: Server;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const {
      id,
      method = '',
      params,
    } = JSON.parse(body || '{}') as { id?: number; method?: string; params?: { name: string } };
    if (request.method !== 'POST' || id === undefined)
      return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
    const result = method === 'tools/call' ? CALLS[params?.name ?? ''] : RESULTS[method];
    const answer =
      result === undefined ? { error: { code: -32601, message: method }, result: null } : { result, error: null };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each(CORNERS)('are told on without it: $transport, $revision', async (kind) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const front = await open(kind, {
    servers: servers({ nulls: { url } }),
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  });
  const result = async (rpc: Rpc, method: string, params?: object): Promise<unknown> =>
    (await rpc.call(method, params)).message.result;
  const { rpc } = front;
  const empty = await execute(rpc, { server: 'nulls', tool: 'empty' });
  expect(empty.content).toEqual([]);
  for (const key of ['isError', 'structuredContent']) expect(empty).not.toHaveProperty(key);
  const { content } = await execute(rpc, { server: 'nulls', tool: 'full' });
  expect(content).toEqual([
    { type: 'text', text: 'a' },
    { type: 'x', value: null },
  ]);
  expect(await result(rpc, 'resources/list')).toMatchObject({ resources: [] });
  expect(await result(rpc, 'resources/read', { uri: 'mcp://nulls/mem:///a' })).toMatchObject({
    contents: [{ uri: 'mcp://nulls/mem:///a', text: 'null' }],
  });
  expect(JSON.stringify(await result(rpc, 'resources/read', { uri: 'mcp://nulls/mem:///a' }))).not.toMatch(/:null/);
  expect(await result(rpc, 'prompts/get', { name: 'nulls__p' })).toMatchObject({
    messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }],
  });
  expect(JSON.stringify(await result(rpc, 'prompts/get', { name: 'nulls__p' }))).not.toMatch(/null[^s]/);
  const complete = { ref: { type: 'ref/prompt', name: 'nulls__p' }, argument: { name: 'a', value: '' } };
  expect(await result(rpc, 'completion/complete', complete)).toMatchObject({
    completion: { values: [], hasMore: false },
  });
  await front.stop();
});
