/** JSON Web Tokens over HTTP, with a real issuer; every check on its own is in src/identity/jwt.test.ts. */

import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { auditRecords, servers, sha256, TOKEN } from '../support/home.ts';
import { type HttpReply, httpHeaders, openHttp, request } from '../support/http.ts';
import { type Issuer, makeKey, type SigningKey, startIssuer } from '../support/issuer.ts';
import { fixture } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, requestText } from '../support/rpc.ts';
import { callTool, errorOf, listServers } from '../support/tools.ts';

const AUDIENCE = 'https://gateway.example.com/mcp';

let issuer: Issuer;
let gateway: HttpGateway;
let rsa: SigningKey;
let ec: SigningKey;
let ed: SigningKey;

beforeAll(async () => {
  [rsa, ec, ed] = await Promise.all([makeKey('RS256', 'rsa-1'), makeKey('ES256', 'ec-1'), makeKey('EdDSA', 'ed-1')]);
  issuer = await startIssuer(rsa, ec, ed);
  const jwt = { issuer: issuer.url, jwks_uri: issuer.jwksUri };
  gateway = await serveHttp({
    servers: servers({ a: fixture('calc'), b: fixture('calc') }),
    rules: {
      agents: { 'team.one': { allow: { servers: ['a'] } }, 'team.two': { allow: { servers: ['b'] } }, admin: {} },
      principals: {
        team: { jwt: { ...jwt, audience: AUDIENCE, agent_claim: 'mcp_agent' }, may_assume: ['team.*'] },
        scoped: {
          jwt: { ...jwt, audience: 'api://scoped', scopes: { read: ['team.one'], write: ['team.*'] } },
          may_assume: ['*'],
        },
        ci: { token_sha256: sha256(TOKEN), may_assume: ['admin'] },
      },
    },
    args: ['--debug'],
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await issuer.stop();
});

const seconds = (): number => Math.floor(Date.now() / 1000);
const good = (): Record<string, unknown> => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: 'alice',
  iat: seconds(),
  exp: seconds() + 600,
  mcp_agent: 'team.one',
});

function post(token: string): Promise<HttpReply> {
  return request(gateway.url, {
    method: 'POST',
    headers: { ...httpHeaders(MODERN, 'tools/list'), authorization: `Bearer ${token}` },
    body: requestText(1, 'tools/list', {}, MODERN),
  });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(['2025-11-25', MODERN])('%s', (revision) => {
  it.each(['RS256', 'ES256', 'EdDSA'])('a token of the token endpoint, signed with %s, is its agent', async (alg) => {
    issuer.alg = alg;
    issuer.claims = { mcp_agent: 'team.two' };
    const rpc = await openHttp(gateway.url, revision, { token: await issuer.token(AUDIENCE) });
    expect(await listServers(rpc)).toEqual(['b']);
    expect(await listServers(rpc, 'team.two')).toEqual(['b']);
    for (const agent of ['team.one', 'admin', 'nobody']) {
      expect(errorOf(await callTool(rpc, 'list_servers', { agent_id: agent })).code).toBe('INVALID_AGENT_ID');
    }
    expect(auditRecords(gateway.home).at(-4)).toMatchObject({
      principal: `team/${issuer.client.id}`,
      agent_id: 'team.two',
      assurance: 'jwt',
      decision: 'ALLOW',
    });
  });
});

describe('401', () => {
  const refused: [string, () => string | Promise<string>][] = [
    ['none', () => `${encode({ alg: 'none' })}.${encode(good())}.`],
    ['none with a signature', () => `${encode({ alg: 'none', kid: rsa.kid })}.${encode(good())}.AAAA`],
    [
      'algorithm confusion',
      () => {
        const key = createPublicKey({ key: rsa.jwk as JsonWebKey, format: 'jwk' });
        const secret = key.export({ type: 'spki', format: 'pem' });
        const signed = `${encode({ alg: 'HS256', kid: rsa.kid })}.${encode(good())}`;
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      },
    ],
    ['wrong issuer', () => rsa.sign({ ...good(), iss: 'https://id.example.com' })],
    ['wrong audience', () => rsa.sign({ ...good(), aud: 'https://other.example.com/mcp' })],
    ['a token of the same issuer for somebody else', () => issuer.token('https://other.example.com/mcp')],
    ['expired', () => rsa.sign({ ...good(), exp: seconds() - 3_600 })],
    ['61 s of skew', () => rsa.sign({ ...good(), exp: seconds() - 61 })],
    ['not yet valid', () => rsa.sign({ ...good(), nbf: seconds() + 3_600 })],
    ['not yet valid, 61 s of skew', () => rsa.sign({ ...good(), nbf: seconds() + 63 })],
    ['no expiry', () => rsa.sign({ ...good(), exp: undefined } as never)],
    ['a path as key id', () => rsa.sign(good(), { kid: '../../../etc/passwd' })],
    ['a URL as key id', () => rsa.sign(good(), { kid: `${issuer.url}/other` })],
    ['SQL as key id', () => rsa.sign(good(), { kid: "' OR 1=1 --" })],
    ['the id of another key', () => rsa.sign(good(), { kid: ec.kid })],
    ['a key of its own', async () => (await makeKey('RS256', rsa.kid)).sign(good())],
    ['oversized', () => rsa.sign({ ...good(), filler: 'x'.repeat(7_000) })],
  ];
  it.each(refused)('%s', async (_name, make) => {
    const token = await make();
    const reply = await post(token);
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(reply.body + gateway.running.stderr()).not.toContain(token);
  });

  it('points to the authorization server, also without a credential', async () => {
    const reply = await request(gateway.url, { method: 'POST' });
    expect(reply.status).toBe(401);
    const challenge = reply.headers['www-authenticate'] ?? '';
    expect(challenge).not.toContain('error=');
    expect(challenge).toContain(
      'resource_metadata="https://gateway.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    const metadata = await request(`${gateway.origin}/.well-known/oauth-protected-resource/mcp`);
    expect(metadata.status).toBe(200);
    expect(JSON.parse(metadata.body)).toMatchObject({
      resource: AUDIENCE,
      authorization_servers: [issuer.url],
      bearer_methods_supported: ['header'],
      scopes_supported: ['read', 'write'],
    });
  });

  it('59 s of skew is still good', async () => {
    expect((await post(await rsa.sign({ ...good(), exp: seconds() - 55 }))).status).toBe(200);
  });
});

describe('403 insufficient_scope', () => {
  it('a token without the scopes of any agent', async () => {
    const reply = await post(await rsa.sign({ ...good(), aud: 'api://scoped', scope: 'openid' }));
    expect(reply.status).toBe(403);
    expect(reply.headers['www-authenticate']).toMatch(/error="insufficient_scope", scope="read write"/);
  });

  it('a token that claims an agent beyond its principal, or none', async () => {
    for (const agent of ['admin', 'nobody', undefined]) {
      expect((await post(await rsa.sign({ ...good(), mcp_agent: agent }))).status, agent).toBe(403);
    }
  });

  it('scopes narrow what may be assumed', async () => {
    const token = await rsa.sign({ ...good(), aud: 'api://scoped', scope: 'read' });
    const rpc = await openHttp(gateway.url, MODERN, { token });
    expect(await listServers(rpc, 'team.one')).toEqual(['a']);
    expect(errorOf(await callTool(rpc, 'list_servers', { agent_id: 'team.two' })).code).toBe('INVALID_AGENT_ID');
  });
});

it('a session is its subject: another one gets 404, and a weaker token in the same session stays weak', async () => {
  const strong = await rsa.sign({ ...good(), aud: 'api://scoped', scope: 'write' });
  const weak = await rsa.sign({ ...good(), aud: 'api://scoped', scope: 'read' });
  const other = await rsa.sign({ ...good(), aud: 'api://scoped', scope: 'write', sub: 'bob' });
  const rpc = await openHttp(gateway.url, '2025-11-25', { token: strong });
  expect(await listServers(rpc, 'team.two')).toEqual(['b']);
  const body = requestText(
    9,
    'tools/call',
    { name: 'list_servers', arguments: { agent_id: 'team.two' } },
    '2025-11-25',
  );
  const inSession = (token: string): Promise<HttpReply> =>
    request(gateway.url, {
      method: 'POST',
      headers: { ...rpc.headers('tools/call'), authorization: `Bearer ${token}` },
      body,
    });
  expect((await inSession(other)).status).toBe(404);
  expect((await inSession(weak)).body).toContain('INVALID_AGENT_ID');
  expect((await inSession(strong)).body).not.toContain('INVALID_AGENT_ID');
});

it.each([
  ['a client that is called like the person', { sub: undefined, client_id: 'alice' }, { sub: 'alice' }],
  ['an older client', { sub: undefined, azp: 'alice' }, { sub: undefined, client_id: 'alice' }],
  ['a subject of the same beginning', { sub: `${'a'.repeat(300)}1` }, { sub: `${'a'.repeat(300)}2` }],
])('%s has sessions of its own', async (_what, one, other) => {
  const [mine, theirs] = await Promise.all(
    [one, other].map((claims: Record<string, unknown>) => rsa.sign({ ...good(), ...claims })),
  );
  const rpc = await openHttp(gateway.url, '2025-11-25', { token: mine ?? '' });
  const inSession = (token: string | undefined): Promise<HttpReply> =>
    request(gateway.url, {
      method: 'POST',
      headers: { ...rpc.headers('tools/list'), authorization: `Bearer ${token}` },
      body: requestText(9, 'tools/list', {}, '2025-11-25'),
    });
  expect((await inSession(theirs)).status).toBe(404);
  expect((await inSession(mine)).status).toBe(200);
});

it('static tokens go on working next to an issuer', async () => {
  expect((await post(TOKEN)).status).toBe(200);
});

it('an official client finds the issuer by the challenge, gets a token and calls', async () => {
  const fresh = await serveHttp({
    servers: servers({ a: fixture('calc') }),
    rules: { agents: { one: { allow: { servers: ['a'] } } }, principals: {} },
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
  const jwt = { issuer: issuer.url, audience: fresh.url, jwks_uri: issuer.jwksUri, scopes: { read: ['one'] } };
  const principals = { team: { jwt, default: 'one', may_assume: ['one'] } };
  writeFileSync(fresh.home.rules, JSON.stringify({ agents: { one: { allow: { servers: ['a'] } } }, principals }));
  const challenged = async (): Promise<boolean> =>
    (await request(fresh.url, { method: 'POST' })).headers['www-authenticate']?.includes('resource_metadata') === true;
  await until(challenged, 'the reload took effect');
  issuer.alg = 'RS256';
  const { id, secret } = issuer.client;
  const authProvider = new ClientCredentialsProvider({
    clientId: id,
    clientSecret: secret,
    expectedIssuer: issuer.url,
  });
  const client = new Client({ name: 'e2e', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(fresh.url), { authProvider }));
  const result = await client.callTool({ name: 'list_servers', arguments: {} });
  expect(result).toMatchObject({ content: [{ text: '[{"name":"a","description":""}]' }] });
  await client.close();
  const record = auditRecords(fresh.home).find(({ operation }) => operation === 'list_servers');
  expect(record).toMatchObject({ principal: `team/${id}`, agent_id: 'one', assurance: 'jwt' });
  await fresh.stop();
});

// These come last: they change what the issuer publishes.
it('a rotation loses no valid call, and unknown key ids cause at most one fetch', async () => {
  const fresh = await serveHttp({
    home: gateway.home,
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
  const send = (token: string): Promise<HttpReply> =>
    request(fresh.url, {
      method: 'POST',
      headers: { ...httpHeaders(MODERN, 'tools/list'), authorization: `Bearer ${token}` },
      body: requestText(1, 'tools/list', {}, MODERN),
    });
  const before = issuer.keyFetches();
  expect((await send(await rsa.sign(good()))).status).toBe(200);
  expect(issuer.keyFetches() - before).toBe(1);

  const next = await makeKey('RS256', 'rsa-2');
  issuer.publish(next, rsa);
  const tokens = await Promise.all(
    Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? next : rsa).sign({ ...good(), sub: `s${at}` })),
  );
  const statuses = await Promise.all(tokens.map(async (token) => (await send(token)).status));
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(issuer.keyFetches() - before).toBe(2);

  const unknown = await Promise.all(Array.from({ length: 100 }, (_, at) => rsa.sign(good(), { kid: `unknown-${at}` })));
  for (const token of unknown) expect((await send(token)).status).toBe(401);
  expect(issuer.keyFetches() - before).toBe(2);

  await issuer.stop();
  expect((await send(await next.sign(good()))).status).toBe(200);
  expect((await send(await rsa.sign(good()))).status).toBe(200);
  fresh.running.child.kill('SIGTERM');
  await fresh.running.exited;
});
