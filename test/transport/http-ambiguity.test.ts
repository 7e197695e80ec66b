/** What two programs on the way may read differently is refused, and without tokens nobody comes in through a browser or a proxy. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, launch, serveHttp } from '../support/gateway.ts';
import { auditRecords, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { httpHeaders, request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { MODERN, requestText } from '../support/rpc.ts';

const SETUP = {
  servers: servers({ calc: fixture('calc') }),
  rules: withPrincipals({ dev: { allow: { servers: ['*'] } } }),
};
const CALL = requestText(1, 'tools/call', { name: 'list_servers', arguments: { agent_id: 'dev' } }, MODERN);

/** Sends bytes, and gives the status of every answer until the gateway closes. */
function send(gateway: HttpGateway, bytes: string): Promise<number[]> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve([...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))));
  });
}

interface Written {
  readonly target?: string;
  readonly host?: string;
  /** Header lines after those of a good request. */
  readonly more?: readonly string[];
  readonly without?: string;
  readonly body?: string;
}

function written(gateway: HttpGateway, { target = '/mcp', host, more = [], without, body = CALL }: Written): string {
  const { host: own } = new URL(gateway.url);
  const headers = {
    ...httpHeaders(MODERN, 'tools/call', 'list_servers'),
    host: host ?? own,
    authorization: `Bearer ${TOKEN}`,
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).filter(([name]) => name !== without);
  const head = [`POST ${target} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), ...more];
  return `${head.join('\r\n').replaceAll('HOST', own)}\r\n\r\n${body}`;
}

describe.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('%s', (_name, args) => {
  let gateway: HttpGateway;
  beforeAll(async () => {
    gateway = await serveHttp({ ...SETUP, args });
  });
  afterAll(() => gateway.stop());

  it('a plain request is answered, and so is one whose target is the whole URL', async () => {
    expect(await send(gateway, written(gateway, {}))).toEqual([200]);
    expect(await send(gateway, written(gateway, { target: 'http://HOST/mcp' }))).toEqual([200]);
    expect(await send(gateway, written(gateway, { target: 'http://HOST/mcp/servers/calc?x=/y' }))).toEqual([200]);
  });

  it.each<[string, Written]>([
    ['two Host headers', { more: ['Host: HOST'] }],
    ['two Host headers, one of somebody else', { more: ['hOST: evil.example'] }],
    ['two Authorization headers', { more: ['Authorization: Bearer xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'] }],
    ['two Origin headers', { more: ['Origin: http://HOST', 'Origin: http://HOST'] }],
    ['two Mcp-Session-Id headers', { more: ['Mcp-Session-Id: a', 'Mcp-Session-Id: b'] }],
    ['two Content-Type headers', { more: ['Content-Type: text/plain'] }],
    ['two Mcp-Method headers', { more: ['Mcp-Method: tools/list'] }],
    ['two Mcp-Name headers', { more: ['MCP-NAME: other'] }],
    ['two versions', { more: ['MCP-Protocol-Version: 2025-11-25'] }],
    ['two Content-Length headers', { more: ['Content-Length: 5'] }],
    ['Content-Length and Transfer-Encoding', { more: ['Transfer-Encoding: chunked'] }],
    ['an encoding that ends with none', { without: 'content-length', more: ['Transfer-Encoding: chunked, identity'] }],
    ['an encoding that nobody knows', { without: 'content-length', more: ['Transfer-Encoding: xchunked'] }],
    [
      'two encodings',
      { without: 'content-length', more: ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'] },
    ],
    ['a length with a sign', { without: 'content-length', more: [`Content-Length: +${CALL.length}`] }],
    ['a header that is folded', { more: ['X-A: b', ' Host: evil.example'] }],
    ['a space before the colon', { more: ['Host : evil.example'] }],
    ['no Host', { without: 'host' }],
    ['a target of another host', { target: 'http://evil.example/mcp' }],
    ['a target with user info', { target: 'http://HOST@evil.example/mcp' }],
    ['a target with user info of ours', { target: 'http://evil.example@HOST/mcp' }],
    ['a target of another scheme', { target: 'ftp://HOST/mcp' }],
    ['a target without a host', { target: 'http:///mcp' }],
    ['a target with a backslash', { target: 'http://HOST\\@evil.example/mcp' }],
  ])('%s: 400, and nothing is done', async (_what, how) => {
    const before = auditRecords(gateway.home).length;
    expect(await send(gateway, written(gateway, how))).toEqual([400]);
    expect(auditRecords(gateway.home)).toHaveLength(before);
  });

  it.each<[string, Written]>([
    ['a Host of somebody else', { host: 'evil.example' }],
    ['an empty Host', { host: '' }],
    ['a Host with user info', { host: 'evil.example@HOST' }],
    ['a Host with two ports', { host: 'HOST:80' }],
    ['a Host with a path', { host: 'HOST/evil' }],
    ['two hosts in one', { host: 'HOST, evil.example' }],
    ['a target and a Host of somebody else', { host: 'evil.example', target: 'http://evil.example/mcp' }],
    ['an Origin of somebody else', { more: ['Origin: http://evil.example'] }],
  ])('%s: 403', async (_what, how) => {
    expect(await send(gateway, written(gateway, how))).toEqual([403]);
  });

  it('what comes behind a request that is refused is not read as another one', async () => {
    const smuggled = written(gateway, {});
    const chunked = written(gateway, { more: ['Transfer-Encoding: chunked'], body: `0\r\n\r\n${smuggled}` });
    expect(await send(gateway, chunked)).toEqual([400]);
    expect(
      await send(gateway, written(gateway, { more: ['Host: HOST'] }).replace('connection: close', 'x: y') + smuggled),
    ).toEqual([400]);
  });
});

describe('--no-auth', () => {
  it.each<[string, readonly string[], Record<string, string>]>([
    ['any origin', [], { GATEWAY_CORS_ORIGINS: '*' }],
    ['one origin', [], { GATEWAY_CORS_ORIGINS: 'https://app.example.com' }],
    ['an origin of this machine', [], { GATEWAY_CORS_ORIGINS: 'http://localhost:3000' }],
    ['another host', [], { GATEWAY_ALLOWED_HOSTS: 'gateway.example.com' }],
    ['another host by a variable', [], { GATEWAY_ALLOWED_HOSTS: ' , gateway.local:8000' }],
    ['a public address', [], { GATEWAY_PUBLIC_URL: 'https://gateway.example.com' }],
    ['a public address on loopback', ['--public-url', 'http://localhost:8000'], {}],
  ])('with %s: does not start', async (_name, args, env) => {
    for (const workers of [[], ['--workers', '2']]) {
      const all = ['serve', '--transport', 'http', '--port', '0', '--no-auth', ...workers, ...args];
      const { home, running } = launch(all, { ...SETUP, env });
      expect((await running.stop(null)).code).toBe(2);
      expect(running.stderr()).toContain('--no-auth and ');
      expect(running.stderr()).toContain('do not go together');
      expect(running.stderr()).not.toContain('listening on');
      home.remove();
    }
  });

  it('without any of them, empty ones included, a page of another origin gets nothing', async () => {
    const env = { GATEWAY_CORS_ORIGINS: ' , ', GATEWAY_ALLOWED_HOSTS: '' };
    const rules = { agents: { dev: { allow: { servers: ['*'] } } } };
    const gateway = await serveHttp({ ...SETUP, rules, env, args: ['--no-auth'] });
    const headers = httpHeaders(MODERN, 'tools/call', 'list_servers');
    const call = (more: object) =>
      request(gateway.url, { method: 'POST', headers: { ...headers, ...more }, body: CALL });
    expect((await call({})).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      expect((await call({ origin })).status).toBe(403);
    }
    await gateway.stop();
  });
});
