/** Servers that only a proxy reaches, and those whose certificates are of an authority of the house. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, request as send } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { createGuardedFetch } from '../oauth/guarded-fetch.ts';
import { createLab, fixture, httpServer } from '../testing.ts';
import { fetchJson } from './fetch-json.ts';

const CA = fixture('tls/authority.pem');
const KEYS = { key: readFileSync(fixture('tls/server.key.pem')), cert: readFileSync(fixture('tls/server.pem')) };
const SECURE = 'https://mcp.corp.invalid/mcp';
const PLAIN = 'http://mcp.corp.invalid/mcp';

const ends: (() => unknown)[] = [];
beforeEach(() => {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0).reverse()) await end();
});

const answer: RequestListener = async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  if (request.method !== 'POST') {
    response.writeHead(request.url === '/json' ? 200 : 405).end('{"a":1}');
    return;
  }
  const { id, method } = JSON.parse(body) as { id?: number; method: string };
  const result = method === 'initialize' ? { protocolVersion: '2025-06-18', capabilities: {} } : { content: [] };
  if (id === undefined) response.writeHead(202).end();
  else
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
};

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

const plainServer = (): Promise<number> => listen(createServer(answer));
const secureServer = (): Promise<number> => listen(createSecureServer(KEYS, answer));

interface FakeProxy {
  readonly address: string;
  /** The requests that it got, and from whom. */
  readonly seen: string[];
}

/** A proxy whose every name is the server on `port`. @param refusal status of its answers, where it makes no connection */
async function startProxy(port: number, refusal?: number): Promise<FakeProxy> {
  const seen: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`);
    const { pathname } = new URL(request.url ?? '');
    const { method, headers } = request;
    const up = send({ host: '127.0.0.1', port, path: pathname, method, headers }, (from) => {
      response.writeHead(from.statusCode ?? 0, from.headers);
      from.pipe(response);
    });
    request.pipe(up);
  });
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const up = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Yes\r\n\r\n');
      socket.pipe(up).pipe(socket);
    });
    sockets.add(up);
    return up.on('error', () => socket.destroy());
  });
  const own = await listen(proxy);
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { address: `http://127.0.0.1:${own}`, seen };
}

function entry(url: string, ca?: string): ServerDefinition {
  const { link, ...rest } = httpServer(url);
  return { ...rest, link: { ...link, ...(ca === undefined ? {} : { ca }) } } as ServerDefinition;
}

async function reach(server: ServerDefinition): Promise<string> {
  const { upstreams } = createLab();
  ends.push(() => upstreams.close());
  try {
    const link = await upstreams.lease(server, { timeoutMs: 10_000 });
    const reply = await link.request('tools/call', '"name":"echo","arguments":{}', { timeoutMs: 10_000 });
    return reply.ok ? 'works' : reply.message;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a server that only a proxy reaches', () => {
  it('gets requests with their whole address, and the proxy its own credential', async () => {
    const proxy = await startProxy(await plainServer());
    vi.stubEnv('HTTP_PROXY', proxy.address.replace('//', '//user:secret@'));
    expect(await reach(entry(PLAIN))).toBe('works');
    const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    expect(new Set(proxy.seen.filter((one) => one.startsWith('POST')))).toEqual(
      new Set([`POST ${PLAIN} mcp.corp.invalid ${basic}`]),
    );
  });

  it('is reached with TLS through a tunnel, and its certificate is checked', async () => {
    const proxy = await startProxy(await secureServer());
    vi.stubEnv('HTTPS_PROXY', proxy.address.replace('//', '//user:secret@'));
    expect(await reach(entry(SECURE, CA))).toBe('works');
    expect(proxy.seen[0]).toMatch(/^CONNECT mcp\.corp\.invalid:443 Basic /);
    expect(await reach(entry(SECURE))).toMatch(/as "ca" in its entry \((?:UNABLE_TO_|SELF_SIGNED)/);
    expect(await reach(entry('https://else.corp.invalid/mcp', CA))).toContain(
      'has a certificate for another name than the one in its entry (ERR_TLS_CERT_ALTNAME_INVALID)',
    );
  });

  it.each([407, 403, 502])('is told apart from a proxy that makes no connection (%i)', async (status) => {
    const proxy = await startProxy(1, status);
    vi.stubEnv('HTTPS_PROXY', proxy.address.replace('//', '//user:secret@'));
    const said = await reach(entry(SECURE));
    expect(said).toContain(`the proxy ${new URL(proxy.address).host} makes no connection to it (HTTP ${status})`);
    expect(said).not.toContain('secret');
  });

  it('is told apart from a proxy that wants a user name for what it hands on', async () => {
    const proxy = createServer((_request, response) => void response.writeHead(407).end());
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${await listen(proxy)}`);
    expect(await reach(entry(PLAIN))).toMatch(/the proxy wants a user name and a password.*\(HTTP 407\)/);
  });

  it('is told apart from a proxy that is not there', async () => {
    vi.stubEnv('ALL_PROXY', 'http://127.0.0.1:9');
    expect(await reach(entry(SECURE))).toContain('through the proxy 127.0.0.1:9 (ECONNREFUSED)');
    expect(await reach(entry(PLAIN))).toContain('through the proxy 127.0.0.1:9 (ECONNREFUSED)');
  });

  it('is not one of this machine, nor one of NO_PROXY', async () => {
    const port = await plainServer();
    const proxy = await startProxy(port);
    vi.stubEnv('ALL_PROXY', proxy.address);
    expect(await reach(entry(`http://127.0.0.1:${port}/mcp`))).toBe('works');
    vi.stubEnv('NO_PROXY', '.corp.invalid');
    expect(await reach(entry(PLAIN))).toContain('does not resolve');
    expect(proxy.seen).toEqual([]);
  });
});

describe('an authority of the house', () => {
  it('counts for the entry that names it, or for all where SSL_CERT_FILE does', async () => {
    const url = `https://127.0.0.1:${await secureServer()}/mcp`;
    expect(await reach(entry(url))).toMatch(/as "ca" in its entry \((?:UNABLE_TO_|SELF_SIGNED)/);
    expect(await reach(entry(url, CA))).toBe('works');
    vi.stubEnv('SSL_CERT_FILE', CA);
    expect(await reach(entry(url))).toBe('works');
    expect(await fetchJson(url.replace('/mcp', '/json'), { maxBytes: 100, timeoutMs: 5000 })).toEqual({ a: 1 });
  });

  it.each([
    [fixture('tls/absent.pem'), 'ENOENT'],
    [fixture('tls/server.key.pem'), 'no certificate'],
    [fixture('http.mjs'), 'no certificate'],
    [fixture('tls'), 'EISDIR'],
  ])('in %s is none, and the error says so', async (path, why) => {
    const said = await reach(entry('https://127.0.0.1:9/', path));
    expect(said).toContain('"ca" of the entry');
    expect(said).toContain(why);
  });
});

describe('a sign-in through a proxy', () => {
  const ask = async (url: string, resolve: (host: string) => Promise<{ address: string; family: number }[]>) =>
    createGuardedFetch({ configured: new URL(SECURE), ca: CA, resolve })(url).then(
      (response) => response.json(),
      (error: Error) => error.message,
    );
  const nobody = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'));

  it('goes where only the proxy knows the name, and not where it is known to be inside', async () => {
    const proxy = await startProxy(await secureServer());
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    expect(await ask('https://auth.corp.invalid/json', nobody)).toEqual({ a: 1 });
    const before = proxy.seen.length;
    const inside = async () => [{ address: '10.0.0.1', family: 4 }];
    expect(await ask('https://auth.corp.invalid/json', inside)).toContain('not on the public internet');
    expect(await ask('https://169.254.169.254/json', nobody)).toContain('not on the public internet');
    expect(await ask('https://localhost/json', nobody)).toContain('is not asked');
    expect(await ask('http://auth.corp.invalid/json', nobody)).toContain('only https');
    expect(proxy.seen).toHaveLength(before);
  });

  it('fetches documents of the files of the owner that way, too', async () => {
    const proxy = await startProxy(await plainServer());
    vi.stubEnv('HTTP_PROXY', proxy.address);
    const limits = { maxBytes: 100, timeoutMs: 5000 };
    expect(await fetchJson('http://keys.corp.invalid/json', limits)).toEqual({ a: 1 });
    expect(proxy.seen).toHaveLength(1);
  });
});
