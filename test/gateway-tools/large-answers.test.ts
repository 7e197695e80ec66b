/** Many large answers at once take neither the memory nor the time of the others: docs/operations.md, Servers. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { execute, executeText } from '../support/tools.ts';

const CALLS = 60;
const large = Buffer.alloc(15_000_000, 'x');

/** Answers its calls together, once all of them have come, as JSON or as events. */
function startTogether(asEvents: boolean): Promise<http.Server> {
  const waiting: (() => void)[] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, method, params } = JSON.parse(body === '' ? '{}' : body);
    const answer = (result: object): void => {
      const [head = '', tail = ''] = JSON.stringify({ jsonrpc: '2.0', id, result }).split('LARGE');
      response.writeHead(200, { 'content-type': asEvents ? 'text/event-stream' : 'application/json' });
      response.write(asEvents ? `data: ${head}` : head);
      if (tail !== '') response.write(large);
      response.end(asEvents ? `${tail}\n\n` : tail);
    };
    if (method === 'initialize') {
      const { protocolVersion } = params;
      answer({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'together', version: '1' } });
    } else if (method === 'tools/list') answer({ tools: [{ name: 'large', inputSchema: { type: 'object' } }] });
    else if (method === 'tools/call') {
      waiting.push(() => answer({ content: [{ type: 'text', text: 'LARGE' }] }));
      if (waiting.length === CALLS) for (const go of waiting.splice(0)) go();
    } else if (id === undefined) response.writeHead(202).end();
    else response.writeHead(400).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

let gateway: HttpGateway;
let started: http.Server[];
beforeAll(async () => {
  const [json, events] = await Promise.all([startTogether(false), startTogether(true)]);
  started = [json, events];
  const entry = (server: http.Server) => ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` });
  gateway = await serveHttp({
    servers: servers({ json: entry(json), events: entry(events), calc: fixture('calc') }),
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
    env: { NODE_OPTIONS: '--max-old-space-size=1024' },
  });
});
afterAll(async () => {
  await gateway.stop();
  for (const server of started) {
    server.closeAllConnections();
    server.close();
  }
});

it.each(['json', 'events'])(
  'as %s: there is room for some, the others are told so, and the gateway works on',
  async (server) => {
    const rpc = await gateway.open();
    const outcomes = await Promise.all(
      Array.from({ length: CALLS }, () =>
        execute(rpc, { server, tool: 'large', timeout_ms: 30_000 }).then(
          ({ isError, content }) => (isError === true ? (content[0]?.text ?? '') : 'large'),
          // The caller did not read what was written to it.
          (error: unknown) => `unread: ${String(error)}`,
        ),
      ),
    );
    const told = outcomes.filter((outcome) => outcome.includes('room for'));
    const others = outcomes.filter((outcome) => !outcome.includes('room for'));
    expect(told.length).toBeGreaterThan(0);
    for (const outcome of others) expect(outcome).toMatch(/^large$|^unread: /);
    expect(others).toContain('large');
    expect(await executeText(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } })).toBe('3');
  },
  120_000,
);
