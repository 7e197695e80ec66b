/** Sessions of the 2025 revisions, and starts of the HTTP front (docs/protocol.md, docs/identity.md). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { launch, serveHttp } from '../support/gateway.ts';
import { type Home, TOKEN } from '../support/home.ts';
import { type HttpReply, httpHeaders, openHttp, request } from '../support/http.ts';
import { LIST, OTHER_TOKEN, RULES, SERVERS, useHttpFront } from '../support/http-front.ts';
import { INITIALIZE, MODERN, requestText } from '../support/rpc.ts';
import { callTool, dataOf, executeText, listServers } from '../support/tools.ts';

const front = useHttpFront();
const { post } = front;

describe.each(['2025-06-18', '2025-11-25'])('sessions of %s', (revision) => {
  const inSession = (session: string | undefined, token = TOKEN, method = 'POST'): Promise<HttpReply> =>
    request(front.gateway.url, {
      method,
      headers: { ...httpHeaders(revision, 'x'), authorization: `Bearer ${token}`, 'mcp-session-id': session },
      ...(method === 'POST' ? { body: '{"jsonrpc":"2.0","id":9,"method":"tools/list"}' } : {}),
    });

  it('have random ids of at least 128 bits', async () => {
    const ids = new Set<string>();
    for (let count = 0; count < 20; count++) {
      const rpc = await openHttp(front.gateway.url, revision, { token: TOKEN });
      ids.add(rpc.session ?? '');
      expect(rpc.session).toMatch(/^[\x21-\x7e]{22,}$/);
      await rpc.close();
    }
    expect(ids.size).toBe(20);
  });

  it("somebody else's is 404, also to end it", async () => {
    const rpc = await openHttp(front.gateway.url, revision, { token: TOKEN });
    expect((await inSession(rpc.session, OTHER_TOKEN)).status).toBe(404);
    expect((await inSession(rpc.session, OTHER_TOKEN, 'DELETE')).status).toBe(404);
    expect((await inSession(rpc.session)).status).toBe(200);
    await rpc.close();
  });

  it('DELETE ends one: 404 from then on', async () => {
    const rpc = await openHttp(front.gateway.url, revision, { token: TOKEN });
    expect([200, 204]).toContain((await inSession(rpc.session, TOKEN, 'DELETE')).status);
    expect((await inSession(rpc.session)).status).toBe(404);
    expect((await inSession(rpc.session, TOKEN, 'DELETE')).status).toBe(404);
  });

  it.each(['', 'x', '../..', '0'.repeat(32), 'a'.repeat(5_000)])('id %j is 404 or 400', async (id) => {
    expect([400, 404]).toContain((await inSession(id)).status);
  });

  it('do not mix: two sessions use the same ids at once', async () => {
    const [one, two] = await Promise.all([front.gateway.open(revision), front.gateway.open(revision)]);
    const sums = await Promise.all(
      [one, two].flatMap((rpc, index) =>
        [1, 2, 3].map((n) => executeText(rpc, { server: 'calc', tool: 'add', args: { a: n, b: index * 100 } })),
      ),
    );
    expect(sums).toEqual(['1', '2', '3', '101', '102', '103']);
    await Promise.all([one.close(), two.close()]);
  });
});

it('2026-07-28 has no sessions', async () => {
  const reply = await post({ 'mcp-session-id': 'anything' });
  expect(reply.status).toBe(200);
  expect(reply.headers['mcp-session-id']).toBeUndefined();
});

describe('without principals', () => {
  const files = { servers: SERVERS, rules: { agents: { default: { allow: { servers: ['calc'] } } } } };
  const env = { GATEWAY_INIT_STRATEGY: 'lazy' };

  it('a token is made at the first start, kept in a 0600 file, and printed ready to paste', async () => {
    const first = await serveHttp({ ...files, env });
    const [file, ...more] = tokenFiles(first.home);
    if (file === undefined) throw new Error('No token file.');
    expect(more).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, 'utf8').trim();
    expect(token.length).toBeGreaterThanOrEqual(43);
    await first.running.waitForStderr(/authorization/i);
    expect(first.running.stderr()).toContain(first.url);
    expect(first.running.stderr()).toContain(token);
    expect(
      (await request(first.url, { method: 'POST', headers: httpHeaders(MODERN, 'tools/list'), body: LIST })).status,
    ).toBe(401);
    const rpc = await openHttp(first.url, MODERN, { token });
    expect(await listServers(rpc)).toEqual(['calc']);
    first.running.child.kill('SIGTERM');
    await first.running.exited;

    const second = await serveHttp({ home: first.home, env });
    expect(readFileSync(file, 'utf8').trim()).toBe(token);
    expect(await listServers(await openHttp(second.url, MODERN, { token }))).toEqual(['calc']);
    await second.stop();
  });

  it('--no-auth works on a loopback address, and Host is still checked', async () => {
    const open = await serveHttp({ ...files, env, args: ['--no-auth'] });
    const rpc = await openHttp(open.url, MODERN);
    expect(dataOf(await callTool(rpc, 'list_servers'))).toHaveLength(1);
    const headers = { ...httpHeaders(MODERN, 'tools/list'), host: 'evil.example.com' };
    expect((await request(open.url, { method: 'POST', headers, body: LIST })).status).toBe(403);
    await open.stop();
  });

  it.each(['0.0.0.0', '::', '192.0.2.1'])('--no-auth with --host %s does not start', async (host) => {
    const args = ['serve', '--transport', 'http', '--port', '0', '--no-auth', '--host', host];
    const { home, running } = launch(args, { ...files, env });
    const { code } = await running.stop(null);
    expect([1, 2]).toContain(code);
    expect(running.stderr()).not.toContain('listening on');
    expect(running.stderr()).toContain('loopback');
    home.remove();
  });
});

/** What of a home looks like a token. */
function tokenFiles(home: Home): string[] {
  return readdirSync(home.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.includes('token'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

it('a port that is taken: exit 1 and a sentence', async () => {
  const { port } = new URL(front.gateway.url);
  const args = ['serve', '--transport', 'http', '--port', port];
  const { home, running } = launch(args, { servers: SERVERS, rules: RULES });
  expect((await running.stop(null)).code).toBe(1);
  expect(running.stderr()).toContain(port);
  expect(running.stderr()).not.toMatch(/^\s+at /m);
  home.remove();
});

it('initialize asks for a credential too', async () => {
  const body = requestText(1, 'initialize', INITIALIZE('2025-11-25'), '2025-11-25');
  const reply = await request(front.gateway.url, {
    method: 'POST',
    headers: httpHeaders('2025-11-25', 'initialize'),
    body,
  });
  expect(reply.status).toBe(401);
});
