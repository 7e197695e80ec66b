/** A hostile server names addresses that only the gateway can reach, in each document that the gateway follows. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { errorOf, execute } from '../support/tools.ts';

const METADATA_SERVICE = 'https://169.254.169.254/latest/meta-data/iam';

/** What the server of each entry makes of its own address. */
const HOSTILE: Readonly<Record<string, (origin: string) => Readonly<Record<string, unknown>>>> = {
  challenge: () => ({ resource_metadata: METADATA_SERVICE }),
  redirect: (origin) => ({ resource_metadata: `${origin}/redirect` }),
  resource: () => ({ authorization_servers: [METADATA_SERVICE] }),
  name: () => ({ authorization_servers: ['https://2852039166'] }),
  registration: () => ({ registration_endpoint: METADATA_SERVICE }),
};

const listening = createServer((request, response) => {
  const origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const [, entry = '', document] = /^\/([^/]+)(?:\/(.*))?$/.exec(request.url ?? '') ?? [];
  const named = { ...HOSTILE[entry]?.(origin) };
  const json = (value: object): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (entry === 'redirect' && request.method === 'GET') {
    response.writeHead(302, { location: METADATA_SERVICE }).end();
  } else if (document === 'mcp') {
    const metadata = named['resource_metadata'] ?? `${origin}/${entry}/resource`;
    response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
  } else if (document === 'resource') {
    json({ resource: `${origin}/${entry}/mcp`, authorization_servers: [`${origin}/${entry}`], ...named });
  } else if (request.url?.startsWith('/.well-known/oauth-authorization-server/')) {
    const issuer = `${origin}/${request.url.split('/').at(-1)}`;
    json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      ...HOSTILE[issuer.slice(origin.length + 1)]?.(origin),
    });
  } else response.writeHead(404).end();
});

let gateway: StdioGateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const url = (entry: string): string => `http://127.0.0.1:${(listening.address() as AddressInfo).port}/${entry}/mcp`;
  gateway = await serveStdio({
    servers: servers(Object.fromEntries(Object.keys(HOSTILE).map((entry) => [entry, { url: url(entry) }]))),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
});
afterAll(async () => {
  await gateway.stop();
  listening.closeAllConnections();
  listening.close();
});

it.each(Object.keys(HOSTILE))('the address in its %s is not asked, and the agent learns why', async (server) => {
  const { code, message } = errorOf(await execute(gateway.rpc, { server, tool: 'any' }));
  expect(code).toBe('SERVER_UNAVAILABLE');
  expect(message).toMatch(
    /https:\/\/169\.254\.169\.254, which is not asked: its address is not on the public internet/,
  );
});
