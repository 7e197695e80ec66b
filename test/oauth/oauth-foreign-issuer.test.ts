/** Two servers and one authorization server that looks at no `resource`: what one of them gets would work at the other. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { type Json, servers } from '../support/home.ts';
import type { Rpc } from '../support/rpc.ts';
import { errorOf, execute, textOf } from '../support/tools.ts';

const TOKEN = 'a-token-that-opens-the-bank';
const RULES = { agents: { default: { allow: { servers: ['*'] } } } };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    handle(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, status: number, value: object, headers = {}): unknown =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

/** @param page address of another page where people sign in. */
function authorizationServer(page?: () => string): Promise<string> {
  const origin: Promise<string> = listen(async (request, response, body) => {
    const own = await origin;
    const url = new URL(request.url ?? '/', own);
    if (url.pathname.startsWith('/.well-known/')) {
      json(response, 200, {
        issuer: own,
        authorization_endpoint: page?.() ?? `${own}/authorize`,
        token_endpoint: `${own}/token`,
        registration_endpoint: `${own}/register`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none'],
        scopes_supported: null,
      });
    } else if (url.pathname === '/register') {
      json(response, 201, { ...(JSON.parse(body) as object), client_id: 'c', client_secret: null });
    } else if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.search = String(new URLSearchParams({ code: 'k', state: url.searchParams.get('state') ?? '' }));
      response.writeHead(302, { location: back.href }).end();
    } else json(response, 200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 3600, refresh_token: null });
  });
  return origin;
}

interface Protected {
  readonly url: string;
  /** `Authorization` headers that came. */
  readonly got: Set<string>;
}

async function protectedServer(issuer: string): Promise<Protected> {
  const got = new Set<string>();
  const origin: Promise<string> = listen(async (request, response, body) => {
    const own = await origin;
    if (request.url?.startsWith('/.well-known/oauth-protected-resource') === true) {
      json(response, 200, { resource: `${own}/mcp`, authorization_servers: [issuer] });
      return;
    }
    const { authorization } = request.headers;
    if (authorization !== undefined) got.add(authorization);
    if (authorization !== `Bearer ${TOKEN}`) {
      json(response, 401, {}, { 'www-authenticate': 'Bearer' });
      return;
    }
    const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
    const results: Json = {
      initialize: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'p', version: '1' },
      },
      'tools/list': { tools: [{ name: 'balance', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'rich' }] },
    };
    if (id === undefined) response.writeHead(request.method === 'POST' ? 202 : 405).end();
    else json(response, 200, { jsonrpc: '2.0', id, result: results[method ?? ''] ?? {} });
  });
  return { url: `${await origin}/mcp`, got };
}

async function open(entries: Json, transport: 'stdio' | 'http' = 'stdio'): Promise<Rpc> {
  if (transport === 'stdio') {
    const gateway = await serveStdio({ servers: servers(entries), rules: RULES }, '2025-11-25');
    ends.push(gateway.stop);
    return gateway.rpc;
  }
  const gateway = await serveHttp({ servers: servers(entries), rules: RULES, args: ['--no-auth'] });
  ends.push(gateway.stop);
  const rpc = await gateway.open();
  ends.push(() => rpc.close());
  return rpc;
}

const call = (rpc: Rpc, server: string) => execute(rpc, { server, tool: 'balance' });

async function refusal(rpc: Rpc, server: string): Promise<string> {
  return errorOf(await call(rpc, server)).message;
}

/** Follows the link of a refusal. */
async function signIn(rpc: Rpc, server: string): Promise<string> {
  const said = await refusal(rpc, server);
  const link = /http:\S+$/.exec(said)?.[0] ?? said;
  const page = await fetch(link, { redirect: 'manual' });
  await fetch(page.headers.get('location') ?? link);
  return said;
}

describe.each(['stdio', 'http'] as const)('over %s', (transport) => {
  it('a server gets no token of the authorization server of another one, whoever comes first', async () => {
    const issuer = await authorizationServer();
    const [bank, evil] = [await protectedServer(issuer), await protectedServer(issuer)];
    const rpc = await open({ bank: { url: bank.url, oauth: { issuer } }, evil: { url: evil.url } }, transport);
    const before = await refusal(rpc, 'evil');
    expect(before).toContain(`"oauth": { "issuer": "${issuer}" }`);
    expect(before).toContain('that of server "bank"');
    const { host } = new URL(issuer);
    expect(await signIn(rpc, 'bank')).toContain(`sign in at ${host}`);
    expect(textOf(await call(rpc, 'bank'))).toBe('rich');
    expect(await refusal(rpc, 'evil')).toContain('that of server "bank"');
    expect([...evil.got]).toEqual([]);
  });
});

describe('a server', () => {
  it('that names the authorization server of one that was never asked gets no token', async () => {
    const issuer = await authorizationServer();
    const [bank, evil] = [await protectedServer(issuer), await protectedServer(issuer)];
    const rpc = await open({ bank: { url: bank.url }, evil: { url: evil.url } });
    expect(await refusal(rpc, 'evil')).toContain('that of server "bank"');
    expect([...evil.got]).toEqual([]);
  });

  it('that leads to the page of the authorization server of another one gets no code', async () => {
    const issuer = await authorizationServer();
    const bank = await protectedServer(issuer);
    const evil = await protectedServer(await authorizationServer(() => `${issuer}/authorize`));
    const rpc = await open({ bank: { url: bank.url }, evil: { url: evil.url } });
    expect(await refusal(rpc, 'evil')).toContain('that of server "bank"');
  });

  it('gets no token under another name of this machine, neither as issuer nor as page', async () => {
    const issuer = await authorizationServer();
    const other = issuer.replace('127.0.0.1', 'localhost');
    const bank = await protectedServer(issuer);
    const evil = await protectedServer(await authorizationServer(() => `${other}/authorize`));
    const rpc = await open({ bank: { url: bank.url, oauth: { issuer: other } }, evil: { url: evil.url } });
    expect(await refusal(rpc, 'evil')).toContain('that of server "bank"');
    const evil2 = await protectedServer(issuer);
    const again = await open({ bank: { url: bank.url, oauth: { issuer: other } }, evil: { url: evil2.url } });
    expect(await refusal(again, 'evil')).toContain('that of server "bank"');
  });

  it('that the owner trusts with it gets one, and so does one with an issuer of its own', async () => {
    const issuer = await authorizationServer();
    const [bank, friend] = [await protectedServer(issuer), await protectedServer(issuer)];
    const other = await protectedServer(await authorizationServer());
    const rpc = await open({
      bank: { url: bank.url, oauth: { issuer } },
      friend: { url: friend.url, oauth: { issuer: `${issuer}/` } },
      other: { url: other.url },
    });
    for (const name of ['bank', 'friend', 'other']) {
      await signIn(rpc, name);
      expect(textOf(await call(rpc, name))).toBe('rich');
    }
  });
});
