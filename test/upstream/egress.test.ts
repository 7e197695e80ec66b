/** The proxies of the environment, before the built program: for servers, and for signing in to them. */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { MODERN } from '../support/rpc.ts';
import { errorOf, execute, textOf } from '../support/tools.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

function plainServer(): Promise<number> {
  return portOf(
    createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
      const results: Readonly<Record<string, object>> = {
        initialize: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'p', version: '1' },
        },
        'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
        'tools/call': { content: [{ type: 'text', text: 'hi' }] },
      };
      if (id === undefined) response.writeHead(request.method === 'POST' ? 202 : 405).end();
      else {
        const answer = { jsonrpc: '2.0', id, result: results[method ?? ''] ?? {} };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      }
    }),
  );
}

/** A proxy that passes requests on to one server, and makes no tunnels. */
async function startProxy(port: number): Promise<{ address: string; seen: string[] }> {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? '');
    const { method, headers } = request;
    const up = send({ host: '127.0.0.1', port, path: pathname, method, headers }, (from) => {
      response.writeHead(from.statusCode ?? 0, from.headers);
      from.pipe(response);
    });
    request.pipe(up);
  });
  proxy.on('connect', ({ url }, socket) => {
    seen.push(`CONNECT ${url}`);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 502 No\r\n\r\n');
  });
  return { address: `http://127.0.0.1:${await portOf(proxy)}`, seen };
}

it.each(['stdio', 'http'] as const)('over %s, servers are reached the way the environment says', async (transport) => {
  const port = await plainServer();
  const proxy = await startProxy(port);
  const setup = {
    servers: servers({
      far: { url: 'http://mcp.corp.invalid/mcp' },
      safe: { url: 'https://mcp.corp.invalid/mcp' },
      near: { url: `http://127.0.0.1:${port}/mcp` },
      excepted: { url: 'http://inside.invalid/mcp' },
    }),
    rules: withPrincipals({ any: { allow: { servers: ['*'] } } }),
    env: {
      http_proxy: proxy.address,
      HTTPS_PROXY: proxy.address,
      NO_PROXY: 'inside.invalid',
      GATEWAY_DEFAULT_AGENT: 'any',
    },
    args: ['--init-strategy', 'lazy'],
  };
  const gateway = transport === 'stdio' ? await serveStdio(setup, MODERN) : await serveHttp(setup);
  ends.push(gateway.stop);
  const rpc = 'rpc' in gateway ? gateway.rpc : await gateway.open();
  ends.push(() => rpc.close());
  const call = (server: string) => execute(rpc, { server, tool: 'echo', agent_id: 'any' });
  expect(textOf(await call('far'))).toBe('hi');
  expect(new Set(proxy.seen)).toEqual(new Set(['POST http://mcp.corp.invalid/mcp']));
  expect(errorOf(await call('safe')).message).toContain('makes no connection to it (HTTP 502)');
  expect(proxy.seen.at(-1)).toBe('CONNECT mcp.corp.invalid:443');
  const before = proxy.seen.length;
  expect(textOf(await call('near'))).toBe('hi');
  expect(errorOf(await call('excepted')).message).toContain('does not resolve');
  expect(proxy.seen).toHaveLength(before);
});
