import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAddressGuard } from './address-guard.ts';
import { createGuardedFetch } from './guarded-fetch.ts';

interface Local {
  readonly url: URL;
  readonly requests: IncomingMessage[];
}

async function serve(answer: RequestListener): Promise<Local> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), requests };
}

const CREDENTIALS = { authorization: 'Bearer secret', cookie: 'a=b', accept: 'application/json', 'x-key': 'secret' };

describe('an answer', () => {
  it('is what the server sent', async () => {
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-more': '1' });
      response.end(gzipSync('{"ok":true}'));
    });
    const response = await createGuardedFetch({ configured: url })(url, { headers: CREDENTIALS });
    expect([response.status, response.headers.get('x-more'), response.headers.get('content-encoding')]).toEqual([
      401,
      '1',
      null,
    ]);
    expect(await response.json()).toEqual({ ok: true });
    expect(requests[0]?.headers).toMatchObject({ ...CREDENTIALS, 'user-agent': 'agent-mcp-gateway' });
  });

  it.each([new URLSearchParams({ grant_type: 'refresh_token' }), '{"grant_type":"refresh_token"}'])(
    'comes after the whole body was sent',
    async (body) => {
      const { url, requests } = await serve(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        response.end(Buffer.concat(chunks));
      });
      const post = createGuardedFetch({ configured: url });
      const response = await post(url, { method: 'POST', body, headers: new Headers({ 'x-form': 'yes' }) });
      expect(await response.text()).toBe(String(body));
      const type = typeof body === 'string' ? 'text/plain' : 'application/x-www-form-urlencoded';
      expect(requests[0]?.headers).toMatchObject({ 'x-form': 'yes', 'content-type': `${type};charset=UTF-8` });
    },
  );

  it('may be empty', async () => {
    const { url } = await serve((_request, response) => response.writeHead(204).end());
    expect((await createGuardedFetch({ configured: url })(url)).status).toBe(204);
  });

  it('has at most 64 KiB, unpacked', async () => {
    const exact = await serve((_request, response) => response.end(Buffer.alloc(65_536)));
    const response = await createGuardedFetch({ configured: exact.url })(exact.url);
    expect((await response.arrayBuffer()).byteLength).toBe(65_536);
    const endless = await serve((request, response) => {
      if (request.url === '/packed') {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)));
        return;
      }
      const more = (): void => void response.write(Buffer.alloc(10_000), (error) => error ?? more());
      more();
    });
    const local = createGuardedFetch({ configured: endless.url });
    await expect(local(endless.url)).rejects.toThrow(/answered with more than 65536 bytes/);
    await expect(local(new URL('/packed', endless.url))).rejects.toThrow(/answered with more than 65536 bytes/);
  });
});

describe('time', () => {
  const PATIENCE = { timeoutMs: 100 };

  it('is short for the answer, its body, and a chain of redirects', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('{');
      if (request.url === '/chain') response.writeHead(302, { location: '/never' }).end();
    });
    const local = createGuardedFetch({ configured: url, ...PATIENCE });
    for (const path of ['/never', '/body', '/chain']) {
      await expect(local(new URL(path, url))).rejects.toThrow(/did not answer within 0.1 s/);
    }
  });

  it('is short for the resolver', async () => {
    const configured = new URL('https://mcp.example.com');
    const stuck = createGuardedFetch({ configured, ...PATIENCE, resolve: () => new Promise(() => undefined) });
    await expect(stuck('https://id.example.com')).rejects.toThrow(/did not answer within/);
  });

  it('ends when the caller says so, with its reason', async () => {
    const { url } = await serve(() => undefined);
    const reason = new Error('enough');
    const controller = new AbortController();
    const attempt = createGuardedFetch({ configured: url })(url, { signal: controller.signal });
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
  });
});

describe('redirects', () => {
  it('are followed, and credentials stay with their origin', async () => {
    const other = await serve((_request, response) => response.end('there'));
    const { url, requests } = await serve((request, response) => {
      const location = request.url === '/' ? '/here' : other.url.href;
      response.writeHead(307, { location }).end();
    });
    const response = await createGuardedFetch({ configured: url })(url, { headers: CREDENTIALS });
    expect(await response.text()).toBe('there');
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer secret', 'Bearer secret']);
    expect(other.requests).toHaveLength(1);
    const { authorization, cookie, accept, 'x-key': key } = other.requests[0]?.headers ?? {};
    expect([authorization, cookie, accept, key]).toEqual([undefined, undefined, 'application/json', undefined]);
  });

  it('are not followed for ever', async () => {
    const { url, requests } = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(createGuardedFetch({ configured: url })(url)).rejects.toThrow(/one redirect too many/);
    expect(requests).toHaveLength(4);
  });

  it.each([301, 302, 303, 307, 308])('do not move what is posted (HTTP %i)', async (status) => {
    const { url, requests } = await serve((_request, response) => response.writeHead(status, { location: '/b' }).end());
    const local = createGuardedFetch({ configured: url });
    for (const init of [{ method: 'POST', body: 'code=secret' }, { method: 'post' }]) {
      await expect(local(url, init)).rejects.toThrow(/what it alone should get/);
    }
    expect(requests).toHaveLength(2);
  });
});

describe('failures', () => {
  it('say what happened, and nothing secret', async () => {
    const { url } = await serve((request) => void request.socket.destroy());
    const local = createGuardedFetch({ configured: url });
    const failed = await local(new URL('/?code=secret', url), { headers: CREDENTIALS }).catch((error: Error) => error);
    expect(failed).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    expect(String(failed)).toMatch(/cannot be reached \(\w+\)/);
    expect(String(failed)).not.toContain('secret');
    const refused = await local('https://10.0.0.1/?code=secret').catch((error: Error) => error);
    expect(String(refused)).toContain('https://10.0.0.1, which is not asked');
    expect(String(refused)).not.toContain('secret');
  });
});

describe('where a server may send the gateway', () => {
  const objections = (configured: string, urls: readonly string[], trusted?: readonly string[]): unknown[] => {
    const guard = createAddressGuard({ configured: new URL(configured), trusted });
    return urls.map((url) => guard.objection(new URL(url)) ?? guard.objectionTo('10.0.0.5', new URL(url)));
  };

  it('is its own address, wherever that is', () => {
    const urls = ['https://mcp.corp/.well-known/x', 'https://mcp.corp:8443/', 'https://other.corp/'];
    expect(objections('https://mcp.corp/mcp', urls)).toEqual([undefined, expect.any(String), expect.any(String)]);
    const numbers = ['https://10.0.0.5/x', 'https://10.0.0.5:8443/', 'https://10.0.0.6/', 'http://10.0.0.5/'];
    const home = 'https://10.0.0.5/mcp';
    expect(objections(home, numbers)).toEqual([undefined, undefined, expect.any(String), 'only https is safe there']);
  });

  it('is a host that the owner named', () => {
    expect(objections('https://mcp.corp/mcp', ['https://login.corp/', 'https://x.corp/'], ['LOGIN.corp'])).toEqual([
      undefined,
      expect.any(String),
    ]);
  });

  it('is all of this machine for a server on it', () => {
    const here = createAddressGuard({ configured: new URL('http://localhost:3000/mcp') });
    for (const url of ['http://127.0.0.1:9/', 'http://[::1]:9/', 'http://localhost.:9/', 'https://app.localhost/']) {
      expect([url, here.objection(new URL(url))]).toEqual([url, undefined]);
    }
    expect(here.objectionTo('127.0.0.1', new URL('http://localhost/'))).toBeUndefined();
    expect(here.objectionTo('10.0.0.1', new URL('http://localhost/'))).toMatch(/its address does not/);
    expect(here.objectionTo('127.0.0.1', new URL('https://evil.example/'))).toMatch(/not on the public internet/);
  });
});
