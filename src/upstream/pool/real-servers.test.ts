import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLab, httpServer, type Lab, stdioServer } from '../testing.ts';

const WAIT = { timeoutMs: 20_000 };
const EVERYTHING = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

const labs: Lab[] = [];
const servers: Server[] = [];

function lab(): Lab {
  const made = createLab();
  labs.push(made);
  return made;
}

afterEach(async () => {
  for (const made of labs.splice(0)) {
    await made.upstreams.close();
    expect(made.processes()).toEqual([]);
  }
  for (const server of servers.splice(0)) server.close();
});

describe('server-everything over stdio', () => {
  it('is connected, listed, called and stopped', async () => {
    const link = await lab().upstreams.lease(stdioServer(EVERYTHING, ['stdio']), WAIT);
    expect(link.facts.era).toBe('legacy');
    const list = await link.request('tools/list', '', WAIT);
    expect(list.ok && list.result.text).toContain('"name":"echo"');
    const reply = await link.request('tools/call', '"name":"echo","arguments":{"message":"hi"}', WAIT);
    expect(reply.ok && JSON.parse(reply.result.text)).toEqual({ content: [{ type: 'text', text: 'Echo: hi' }] });
  });

  it('reports progress', async () => {
    const link = await lab().upstreams.lease(stdioServer(EVERYTHING, ['stdio']), WAIT);
    const seen: string[] = [];
    const params = '"name":"trigger-long-running-operation","arguments":{"duration":0.2,"steps":2}';
    const reply = await link.request('tools/call', params, { ...WAIT, onProgress: (text) => void seen.push(text) });
    expect(reply.ok).toBe(true);
    expect(seen.map((text) => JSON.parse(`{${text}}`).progress)).toEqual([1, 2]);
  });
});

describe('a server made with the official SDK, over HTTP', () => {
  it('is connected as a modern one and called', async () => {
    const handler = createMcpHandler(() => {
      const server = new McpServer({ name: 'sdk', version: '1.0.0' });
      server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }],
      }));
      return server;
    });
    const handle = toNodeHandler(handler) as unknown as RequestListener;
    const http = createServer(handle);
    servers.push(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const link = await lab().upstreams.lease(httpServer(`http://127.0.0.1:${port}/mcp`), WAIT);
    expect(link.facts).toMatchObject({ era: 'modern', revision: '2026-07-28', name: 'sdk' });
    const reply = await link.request('tools/call', '"name":"add","arguments":{"a":1,"b":2}', WAIT);
    expect(reply.ok && JSON.parse(reply.result.text)).toEqual({ content: [{ type: 'text', text: '3' }] });
  });
});
