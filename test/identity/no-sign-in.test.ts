/** A 401 of a gateway without an issuer leads clients to no sign-in that cannot end: they say what is needed. */
import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { httpHeaders, request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { MODERN, requestText } from '../support/rpc.ts';

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({ servers: servers({ calc: fixture('calc') }), rules: withPrincipals({ dev: {} }) });
});
afterAll(() => gateway.stop());

/** A client that would sign in, with a browser if it came to that. */
function signingIn(clientId?: string) {
  const opened: string[] = [];
  const saved: Record<string, unknown> = clientId === undefined ? {} : { client: { client_id: clientId } };
  const provider = {
    redirectUrl: 'http://127.0.0.1:1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1:1/callback'], client_name: 'test' },
    clientInformation: () => saved['client'] as never,
    saveClientInformation(client: unknown): void {
      saved['client'] = client;
    },
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: (url: URL) => void opened.push(url.href),
    saveCodeVerifier: () => undefined,
    codeVerifier: () => 'x',
  };
  return { provider, opened, saved };
}

it('the challenge names no metadata, and there are none', async () => {
  const headers = httpHeaders(MODERN, 'tools/list');
  const body = requestText(1, 'tools/list', {}, MODERN);
  const refused = await request(gateway.url, { method: 'POST', headers, body });
  expect(refused.status).toBe(401);
  expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm="agent-mcp-gateway"$/);
  for (const path of [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource/mcp/servers/calc',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/mcp',
    '/.well-known/openid-configuration',
    '/mcp/.well-known/openid-configuration',
  ]) {
    expect((await request(`${gateway.origin}${path}`)).status, path).toBe(404);
  }
  for (const path of ['/', '/admin', '/mcp/servers/calc', '/metrics']) {
    expect((await request(`${gateway.origin}${path}`)).status, path).toBe(401);
  }
});

it('the SDK 1.x opens no browser and registers nowhere, and its error says what to do', async () => {
  const { provider, opened, saved } = signingIn();
  const transport = new StreamableHTTPClientTransport(new URL(gateway.url), { authProvider: provider as never });
  const failed = await new Client({ name: 'test', version: '1' }).connect(transport).catch((error: unknown) => error);
  expect(String(failed)).toContain('Send one as Authorization: Bearer TOKEN');
  expect({ opened, saved }).toEqual({ opened: [], saved: {} });
});

it('the SDK 2.x does the same', async () => {
  const { provider, opened, saved } = signingIn();
  const transport = new v2.StreamableHTTPClientTransport(new URL(gateway.url), { authProvider: provider as never });
  const failed = await new v2.Client({ name: 'test', version: '1' })
    .connect(transport)
    .catch((error: unknown) => error);
  expect(String(failed)).toContain('Send one as Authorization: Bearer TOKEN');
  expect({ opened, saved }).toEqual({ opened: [], saved: {} });
});
