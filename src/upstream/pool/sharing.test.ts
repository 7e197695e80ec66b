import { afterEach, describe, expect, it } from 'vitest';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { Reply, Tenant, UpstreamConnection } from '../contract.ts';
import {
  createLab,
  fixture,
  type HttpFixture,
  httpServer,
  type Lab,
  living,
  startHttp,
  stdioServer,
  tenant,
  until,
} from '../testing.ts';
import { scopeOf } from './sharing.ts';

const LEGACY = fixture('stdio-legacy.mjs');
const labs: Lab[] = [];
const servers: HttpFixture[] = [];

function lab(...options: Parameters<typeof createLab>): Lab {
  const made = createLab(...options);
  labs.push(made);
  return made;
}

afterEach(async () => {
  for (const made of labs.splice(0)) {
    await made.upstreams.close();
    expect(made.processes()).toEqual([]);
  }
  for (const server of servers.splice(0)) await server.close();
});

const call = (link: UpstreamConnection, name: string, args: unknown = {}, options = {}): Promise<Reply> =>
  link.request('tools/call', `"name":"${name}","arguments":${JSON.stringify(args)}`, { timeoutMs: 5000, ...options });

function parsed(reply: Reply): Record<string, unknown> {
  if (!reply.ok) throw new Error(reply.message);
  return JSON.parse(reply.result.text) as Record<string, unknown>;
}

const lease = async (made: Lab, server: ServerDefinition, of?: Tenant): Promise<UpstreamConnection> =>
  made.upstreams.lease(server, { timeoutMs: 10_000, tenant: of });

/** The process that answers. */
async function markerOf(link: UpstreamConnection): Promise<unknown> {
  const { env } = parsed(await call(link, 'echo', { text: '' })) as { env: Record<string, unknown> };
  return env['AGENT_MCP_GATEWAY'];
}

const ALICE = tenant('alice');
const BOB = tenant('bob');

describe('the scope of a connection', () => {
  const stdio = stdioServer(LEGACY);
  const http = httpServer('http://127.0.0.1:1/mcp');
  const same = (server: ServerDefinition, era: 'legacy' | 'modern', one: Tenant, other: Tenant): boolean =>
    scopeOf(server, era, one) === scopeOf(server, era, other);

  it('is one principal, unless the revision has no state or there is only one principal', () => {
    expect(same(stdio, 'modern', ALICE, BOB)).toBe(false);
    expect(same(stdio, 'legacy', ALICE, tenant('alice', { agent: 'other', session: 's' }))).toBe(true);
    expect(same(http, 'legacy', ALICE, BOB)).toBe(false);
    expect(same(http, 'modern', ALICE, BOB)).toBe(true);
    expect(same(stdio, 'legacy', tenant('a', { sole: true }), tenant('b', { sole: true }))).toBe(true);
  });

  it('is what the entry says', () => {
    expect(same(living(stdio, { sharing: 'shared' }), 'legacy', ALICE, BOB)).toBe(true);
    expect(same(living(http, { sharing: 'per-principal' }), 'modern', ALICE, BOB)).toBe(false);
    const alone = living(http, { sharing: 'per-session' });
    expect(same(alone, 'modern', ALICE, tenant('alice', { agent: 'other' }))).toBe(false);
    expect(same(alone, 'legacy', tenant('alice', { session: '1' }), tenant('alice', { session: '2' }))).toBe(false);
    expect(same(alone, 'legacy', tenant('alice', { session: 'x' }), tenant('bob', { session: 'x' }))).toBe(false);
  });

  it('includes what the client can do where a server is told only once', () => {
    const can = tenant('alice', { capabilities: '{"roots":{}}' });
    expect(same(stdio, 'legacy', ALICE, can)).toBe(false);
    expect(same(stdio, 'modern', ALICE, can)).toBe(true);
  });
});

describe('connections of tenants', () => {
  it('are told apart by principal, and the one that was started early goes to the first who calls', async () => {
    const made = lab();
    const server = stdioServer(LEGACY);
    made.upstreams.warm(new Map([[server.name, server]]));
    await until(() => made.processes().length === 1);
    const [alice, again, bob] = [
      await lease(made, server, ALICE),
      await lease(made, server, ALICE),
      await lease(made, server, BOB),
    ];
    expect(await markerOf(again)).toBe(await markerOf(alice));
    expect(await markerOf(bob)).not.toBe(await markerOf(alice));
    expect(made.processes()).toHaveLength(2);
  });

  it('are shared by everybody where the revision has no state, also by those who came first together', async () => {
    const made = lab();
    const http = await startHttp('modern');
    servers.push(http);
    const server = httpServer(http.url);
    await Promise.all([lease(made, server, ALICE), lease(made, server, BOB)]);
    await lease(made, server, tenant('carol'));
    const status = made.upstreams.status();
    expect(status.map(({ instances }) => instances)).toEqual([1]);
  });

  it('of anybody serve a listing, which starts no second one', async () => {
    const made = lab();
    const server = stdioServer(LEGACY);
    await lease(made, server, ALICE);
    const listing = await made.upstreams.lease(server, { timeoutMs: 5000, tenant: BOB, listing: true });
    expect((await listing.request('tools/list', '', { timeoutMs: 5000 })).ok).toBe(true);
    await lease(made, server);
    expect(made.processes()).toHaveLength(1);
  });

  it('are bounded: the one that was idle longest ends, and none that works', async () => {
    const made = lab();
    const server = living(stdioServer(LEGACY), { maxInstances: 2 });
    const alice = await lease(made, server, ALICE);
    const bob = await lease(made, server, BOB);
    const carol = await lease(made, server, tenant('carol'));
    await until(() => alice.closed);
    expect(bob.closed).toBe(false);
    const busy = [call(bob, 'slow', {}, { timeoutMs: 500 }), call(carol, 'slow', {}, { timeoutMs: 500 })];
    await expect(lease(made, server, ALICE)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      data: { retryAfterMs: 1000 },
    });
    await Promise.allSettled(busy);
    await lease(made, server, ALICE);
  });

  it('end when nobody used them for a while, and the next call makes them again', async () => {
    const made = lab();
    const server = living(stdioServer(LEGACY), { idleTimeoutMs: 300 });
    const first = await lease(made, server, ALICE);
    await call(first, 'slow', {}, { timeoutMs: 600 }).catch(() => undefined);
    expect(first.closed).toBe(false);
    await until(() => first.closed && made.processes().length === 0);
    expect(made.upstreams.status()).toMatchObject([{ state: 'stopped' }]);
    expect((await call(await lease(made, server, ALICE), 'echo', { text: 'x' })).ok).toBe(true);
  });
});

describe('requests of a server', () => {
  const answers = { onRequest: async () => ({ ok: true as const, result: '{"roots":[]}' }) };

  it('go to the caller whose call is open, on a connection of its own', async () => {
    const made = lab();
    const link = await lease(made, stdioServer(LEGACY), tenant('alice', { capabilities: '{"roots":{}}' }));
    const asked = parsed(await call(link, 'ask', {}, answers));
    expect(asked['answers']).toMatchObject([
      { id: 'p1', result: {} },
      { id: 'r1', result: { roots: [] } },
    ]);
  });

  it('go to nobody on a shared connection, or where two callers have calls open', async () => {
    const made = lab();
    const shared = await lease(made, living(stdioServer(LEGACY), { sharing: 'shared' }), ALICE);
    expect(parsed(await call(shared, 'ask', {}, answers))['answers']).toMatchObject([{}, { error: { code: -32601 } }]);
    const server = stdioServer(LEGACY);
    const one = await lease(made, server, tenant('alice', { session: '1' }));
    const other = await lease(made, server, tenant('alice', { session: '2' }));
    const open = call(one, 'slow', {}, { timeoutMs: 1000, ...answers }).catch(() => undefined);
    expect(parsed(await call(other, 'ask', {}, answers))['answers']).toMatchObject([{}, { error: { code: -32601 } }]);
    await open;
  });

  it('are not put off by what the gateway asks for itself', async () => {
    const made = lab();
    const link = await lease(made, stdioServer(LEGACY), tenant('alice', { capabilities: '{"roots":{}}' }));
    const done = new Canceller();
    const own = call(link, 'slow', {}, { signal: done }).catch(() => undefined);
    expect(parsed(await call(link, 'ask', {}, answers))['answers']).toMatchObject([{}, { result: { roots: [] } }]);
    done.abort();
    await own;
  });

  it('find their call where each has a connection of its own, which the next one uses again, as far as there may be more', async () => {
    const made = lab();
    const server = living(stdioServer(LEGACY), { sharing: 'per-call', maxInstances: 3 });
    const link = await lease(made, server, tenant('alice', { capabilities: '{"roots":{}}' }));
    const gone = new Canceller();
    const begin = (): Promise<unknown> =>
      call(link, 'slow', {}, { ...answers, signal: gone, timeoutMs: 60_000 }).catch(() => undefined);
    const ask = async (): Promise<unknown> => parsed(await call(link, 'ask', {}, answers))['answers'];
    const open = [begin()];
    for (const _again of [1, 2]) expect(await ask()).toMatchObject([{}, { result: { roots: [] } }]);
    expect((await link.request('tools/list', '', { timeoutMs: 5000 })).ok).toBe(true);
    expect(made.processes()).toHaveLength(2);
    open.push(begin(), begin());
    await until(() => made.upstreams.status()[0]?.active === 3);
    expect(await ask()).toMatchObject([{}, { error: { code: -32601 } }]);
    expect(made.processes()).toHaveLength(3);
    gone.abort();
    await Promise.all(open);
    // Each of the three may still work on what was given up: the one that was idle longest makes room.
    expect(await ask()).toMatchObject([{}, { result: { roots: [] } }]);
  });

  it('are chosen in turn: calls that waited together each get one of their own, where there may be so many', async () => {
    const made = lab();
    const server = living(stdioServer(LEGACY), { sharing: 'per-call', maxInstances: 3, maxConcurrent: 4 });
    const link = await lease(made, server, tenant('alice', { capabilities: '{"roots":{}}' }));
    const ask = async (): Promise<unknown> => parsed(await call(link, 'ask', {}, answers))['answers'];
    for (const reply of await Promise.all(Array.from({ length: 6 }, ask))) {
      expect(reply).toMatchObject([{}, { result: { roots: [] } }]);
    }
    expect(made.processes()).toHaveLength(3);
  });

  it('are offered what the client can do', async () => {
    const made = lab();
    const http = await startHttp('legacy');
    servers.push(http);
    await lease(made, httpServer(http.url), tenant('alice', { capabilities: '{"sampling":{}}' }));
    const initialize = http.requests.find(({ message }) => message?.method === 'initialize');
    expect(initialize?.message?.params?.['capabilities']).toEqual({ sampling: {} });
  });
});
