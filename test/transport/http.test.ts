import { describe, expect, it } from 'vitest';
import { sha256, TOKEN } from '../support/home.ts';
import { type HttpReply, httpHeaders, openHttp, request } from '../support/http.ts';
import { AUTHORIZED, LIST, useHttpFront } from '../support/http-front.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, listServers } from '../support/tools.ts';

const front = useHttpFront();
const { post } = front;

describe('Host and Origin', () => {
  it.each([
    'evil.example.com',
    'localhost.evil.example.com',
    '127.0.0.1.evil.example.com',
    '169.254.169.254',
    '0.0.0.0',
    'localhost@evil',
  ])('Host %j is refused, loopback or not', async (host) => {
    const reply = await post({ host });
    expect([400, 403]).toContain(reply.status);
    expect((await request(`${front.gateway.origin}/metrics`, { headers: { ...AUTHORIZED, host } })).status).not.toBe(
      200,
    );
  });

  it.each(['localhost', '127.0.0.1', '[::1]', 'localhost:1234', 'LOCALHOST', 'gateway.internal'])(
    'Host %j is good',
    async (host) => {
      expect((await post({ host })).status).toBe(200);
    },
  );

  it.each([
    'http://evil.example.com',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'null',
    'file://',
  ])('Origin %j is refused with 403', async (origin) => {
    const reply = await post({ origin });
    expect(reply.status).toBe(403);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('an Origin of the list is good and may read the answer', async () => {
    const reply = await post({ origin: 'https://app.example.com' });
    expect(reply.status).toBe(200);
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(reply.headers.vary?.toLowerCase()).toContain('origin');
    expect(reply.headers['access-control-expose-headers']?.toLowerCase()).toContain('mcp-session-id');
  });

  it('preflight of an Origin of the list, and of another', async () => {
    const preflight = (origin: string): Promise<HttpReply> =>
      request(front.gateway.url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,mcp-protocol-version,mcp-method,mcp-name',
        },
      });
    const good = await preflight('http://localhost:5173');
    expect([200, 204]).toContain(good.status);
    expect(good.headers['access-control-allow-origin']).toBe('http://localhost:5173');
    expect(good.headers['access-control-allow-methods']).toContain('POST');
    for (const header of ['authorization', 'mcp-protocol-version', 'mcp-method', 'mcp-name']) {
      expect(good.headers['access-control-allow-headers']?.toLowerCase()).toContain(header);
    }
    const bad = await preflight('http://evil.example.com');
    expect(bad.status).toBe(403);
    expect(bad.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('credential', () => {
  it.each([
    ['none', undefined],
    ['an empty one', 'Bearer '],
    ['a wrong one', `Bearer ${'x'.repeat(43)}`],
    ['one that is too long', `Bearer ${TOKEN}x`],
    ['one that is cut', `Bearer ${TOKEN.slice(0, -1)}`],
    ['its hash', `Bearer ${sha256(TOKEN)}`],
    ['another scheme', `Basic ${Buffer.from(`tester:${TOKEN}`).toString('base64')}`],
    ['the bare token', TOKEN],
  ])('%s: 401 with a challenge', async (_what, authorization) => {
    const reply = await post({ authorization });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
    // There is no authorisation server: nothing that starts a flow which cannot end.
    expect(reply.headers['www-authenticate']).not.toContain('resource_metadata');
    expect(reply.body).not.toContain(TOKEN);
  });

  it('is never accepted in a URL', async () => {
    for (const key of ['access_token', 'token', 'authorization']) {
      const reply = await request(`${front.gateway.url}?${key}=${TOKEN}`, {
        method: 'POST',
        headers: httpHeaders(MODERN, 'tools/list'),
        body: LIST,
      });
      expect(reply.status).toBe(401);
    }
  });

  it('the scheme is case-insensitive', async () => {
    expect((await post({ authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  it('no discovery document where no principal has an issuer', async () => {
    const reply = await request(`${front.gateway.origin}/.well-known/oauth-protected-resource/mcp`, {
      headers: AUTHORIZED,
    });
    expect(reply.status).toBe(404);
  });

  it('every route but health and ready needs it', async () => {
    for (const route of ['/', '/mcp', '/metrics', '/admin', '/.env', '/mcp/../metrics']) {
      expect((await request(`${front.gateway.origin}${route}`)).status, route).toBe(401);
    }
  });

  it('does not stand in the log', async () => {
    await post({ authorization: `Bearer ${TOKEN}x` });
    expect(front.gateway.running.stderr()).not.toContain(TOKEN);
  });
});

describe('methods and media types of /mcp', () => {
  it.each(['GET', 'PUT', 'PATCH', 'HEAD'])('%s: 405 with Allow', async (method) => {
    const reply = await request(front.gateway.url, { method, headers: { ...AUTHORIZED, accept: 'text/event-stream' } });
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toContain('POST');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    undefined,
  ])('Content-Type %j: 415', async (type) => {
    expect((await post({ 'content-type': type })).status).toBe(415);
  });

  it('Content-Encoding: 415', async () => {
    expect((await post({ 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('a charset is nothing bad', async () => {
    expect((await post({ 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  });

  it('an Accept that has neither media type: 406', async () => {
    expect((await post({ accept: 'text/html' })).status).toBe(406);
  });

  it.each(['application/json', 'text/event-stream', '*/*', undefined])(
    'Accept %j gets an answer it can read',
    async (accept) => {
      const reply = await post({ accept });
      expect(reply.status).toBe(200);
      const type = reply.headers['content-type'];
      expect(type).toMatch(accept === 'text/event-stream' ? /^text\/event-stream/ : /^application\/json/);
    },
  );

  it('a path beside the routes: 404', async () => {
    const reply = await request(`${front.gateway.origin}/mcpx`, { headers: AUTHORIZED });
    expect(reply.status).toBe(404);
  });
});

describe('health, ready, metrics', () => {
  it('health says status, version and uptime, and nothing else', async () => {
    const { status, body } = await request(`${front.gateway.origin}/health`, { headers: { host: 'probe.internal' } });
    expect(status).toBe(200);
    const health = JSON.parse(body) as Record<string, unknown>;
    expect(health['version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(Object.keys(health)).toHaveLength(3);
    expect(body).not.toMatch(/calc|secret_server|secret_agent|default/);
  });

  it('ready is 200 once the configuration is applied, and says no names', async () => {
    const { status, body } = await request(`${front.gateway.origin}/ready`);
    expect(status).toBe(200);
    expect(body).not.toMatch(/calc|secret_server|secret_agent/);
  });

  it('ready tells the version of the configuration to replicas of one key, and no digest without one', async () => {
    const { body } = await request(`${front.gateway.origin}/ready`);
    expect(JSON.parse(body)).toEqual({ status: 'ready' });
  });

  it('ready?verbose says how each server is, to those with a credential', async () => {
    const url = `${front.gateway.origin}/ready?verbose`;
    expect((await request(url)).status).toBe(401);
    const { status, body } = await request(url, { headers: AUTHORIZED });
    expect(status).toBe(200);
    const { servers } = JSON.parse(body) as { servers: { name: string; state: string }[] };
    expect(servers.find(({ name }) => name === 'calc')?.state).toMatch(/^(stopped|starting|ready)$/);
  });

  it('methods that callers invent are one series of the metrics, and take no place from those that there are', async () => {
    const rpc = await openHttp(`${front.gateway.origin}/mcp/servers/calc`, MODERN, { token: TOKEN });
    for (let at = 0; at < 100; at++) await rpc.call(`invented/method-${at}`);
    await rpc.call('completion/complete', { ref: { type: 'ref/prompt', name: 'none' } });
    const { body } = await request(`${front.gateway.origin}/metrics`, { headers: AUTHORIZED });
    expect(body).not.toContain('invented');
    expect(body).toMatch(/operations_total\{[^}]*operation="other_request"[^}]*\} 100/);
    expect(body).toContain('operation="completion/complete"');
  });

  it('metrics are Prometheus text, or JSON where that is accepted', async () => {
    const rpc = await front.gateway.open();
    await listServers(rpc);
    await callTool(rpc, 'execute_tool', { server: 'secret_server', tool: 'add' });
    const text = await request(`${front.gateway.origin}/metrics`, { headers: AUTHORIZED });
    expect(text.status).toBe(200);
    expect(text.headers['content-type']).toMatch(/^text\/plain/);
    expect(text.body).toMatch(/^# TYPE agent_mcp_gateway_operations_total counter$/m);
    expect(text.body).toMatch(/operations_total\{[^}]*operation="list_servers"[^}]*\} \d+/);
    expect(text.body).toMatch(/errors_total\{[^}]*operation="execute_tool"[^}]*DENIED_BY_POLICY[^}]*\} \d+/);
    const json = await request(`${front.gateway.origin}/metrics`, {
      headers: { ...AUTHORIZED, accept: 'application/json' },
    });
    expect(json.headers['content-type']).toMatch(/^application\/json/);
    const found = JSON.stringify(JSON.parse(json.body));
    for (const key of ['count', 'errors', 'p50', 'p95', 'p99', 'list_servers', 'default'])
      expect(found).toContain(`"${key}`);
  });
});
