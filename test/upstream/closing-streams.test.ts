/** A server that floods an event stream and closes its connection in the middle ends nothing but that call. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { execute, executeText } from '../support/tools.ts';

const EVENTS = 20_000;
const NOISE = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}\n\n`;

it.each(['close', 'keep-alive'])('connection: %s', { timeout: 60_000 }, async (connection) => {
  const web = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => {
      const { id, method, params } = JSON.parse(text) as { id?: number; method: string; params: object };
      const json = (result: object): void => void response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      if (id === undefined) return void response.writeHead(202).end();
      if (method === 'tools/call') {
        // Without chunks, the end of the connection is the end of the answer.
        response.useChunkedEncodingByDefault = connection !== 'close';
        response.writeHead(200, { 'content-type': 'text/event-stream', connection });
        return void response.end(NOISE.repeat(EVENTS));
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      if (method === 'tools/list') return json({ tools: [{ name: 't', inputSchema: { type: 'object' } }] });
      json({ ...params, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } });
    });
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/mcp`;
  const gateway = await serveStdio(
    {
      servers: servers({ flood: { url, type: 'http' }, calc: fixture('calc') }),
      rules: { agents: { default: { allow: { servers: ['*'] } } } },
    },
    '2025-11-25',
  );
  await execute(gateway.rpc, { server: 'flood', tool: 't', args: {} });
  expect(await executeText(gateway.rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } })).toContain('3');
  await gateway.stop();
  web.closeAllConnections();
  web.close();
});
