/** Documents for clients that look for servers, by the draft of SEP-2127. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, sha256, TOKEN, withPrincipals } from '../support/home.ts';
import { type HttpReply, request } from '../support/http.ts';
import { AUTHORIZED } from '../support/http-front.ts';
import { fixture } from '../support/paths.ts';

const PUBLIC = 'https://mcp.example.com';
const CATALOG = '/.well-known/mcp/catalog.json';
const OPERATOR = `${TOKEN}-of-the-operator`;

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({
    servers: servers({ calc: fixture('calc'), secret_server: fixture('calc'), 'no name': fixture('calc') }),
    rules: withPrincipals(
      { default: { allow: { servers: ['calc', 'no name'] } }, secret_agent: {} },
      {
        principals: {
          tester: { token_sha256: sha256(TOKEN), may_assume: ['default'] },
          operator: { token_sha256: sha256(OPERATOR), may_assume: ['default'], operator: true },
        },
      },
    ),
    args: ['--public-url', PUBLIC],
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
});
afterAll(() => gateway.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<HttpReply> =>
  request(`${gateway.origin}${path}`, { headers });

async function namesFor(headers?: Record<string, string>): Promise<string[]> {
  const { entries } = JSON.parse((await get(CATALOG, headers)).body) as { entries: { displayName: string }[] };
  return entries.map(({ displayName }) => displayName);
}

it('the card of the gateway is public, and says where and how it is reached', async () => {
  const reply = await get('/mcp/server-card', { accept: 'application/mcp-server-card+json' });
  expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/mcp-server-card+json']);
  expect(reply.headers['cache-control']).toBe('public, max-age=3600');
  expect(JSON.parse(reply.body)).toEqual({
    $schema: 'https://static.modelcontextprotocol.io/schemas/v2/server-card.schema.json',
    name: 'com.example.mcp/agent-mcp-gateway',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    description: expect.stringMatching(/^.{1,100}$/),
    title: 'agent-mcp-gateway',
    remotes: [
      {
        type: 'streamable-http',
        url: `${PUBLIC}/mcp`,
        supportedProtocolVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
      },
    ],
  });
});

it('the catalog names to each what it may know, and to everybody the gateway alone', async () => {
  expect(await namesFor()).toEqual(['agent-mcp-gateway']);
  expect(await namesFor(AUTHORIZED)).toEqual(['agent-mcp-gateway', 'calc']);
  expect(await namesFor({ authorization: `Bearer ${OPERATOR}` })).toEqual([
    'agent-mcp-gateway',
    'calc',
    'secret_server',
  ]);
  const { entries } = JSON.parse((await get(CATALOG, AUTHORIZED)).body) as { entries: unknown[] };
  expect(entries[1]).toEqual({
    identifier: 'urn:air:mcp.example.com:calc',
    displayName: 'calc',
    type: 'application/mcp-server-card+json',
    url: `${PUBLIC}/mcp/servers/calc/server-card`,
  });
  expect((await get(CATALOG, AUTHORIZED)).headers['cache-control']).toBe('private, no-store');
  expect((await get(CATALOG, { authorization: 'Bearer wrong' })).status).toBe(401);
});

it('the card of a server is for those who may know it, and looks like nothing to all others', async () => {
  const card = await get('/mcp/servers/calc/server-card', AUTHORIZED);
  expect(JSON.parse(card.body)).toMatchObject({
    name: 'com.example.mcp/calc',
    remotes: [{ url: `${PUBLIC}/mcp/servers/calc` }],
  });
  expect((await get('/mcp/servers/calc/server-card')).status).toBe(401);
  const [hidden, absent] = await Promise.all(
    ['secret_server', 'absent_server'].map((name) => get(`/mcp/servers/${name}/server-card`, AUTHORIZED)),
  );
  expect(hidden?.status).not.toBe(200);
  expect([hidden?.status, hidden?.body]).toEqual([absent?.status, absent?.body]);
});
