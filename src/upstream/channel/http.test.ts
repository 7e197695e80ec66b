import { afterEach, describe, expect, it } from 'vitest';
import type { Reply, UpstreamConnection } from '../contract.ts';
import { createLab, type HttpFixture, httpServer, type Lab, startHttp, until } from '../testing.ts';

const labs: Lab[] = [];
const fixtures: HttpFixture[] = [];
let toolsChanged = 0;

function lab(options: Parameters<typeof createLab>[0] = {}): Lab {
  toolsChanged = 0;
  const made = createLab({ events: { toolsChanged: () => void toolsChanged++ }, ...options });
  labs.push(made);
  return made;
}

async function serve(...args: Parameters<typeof startHttp>): Promise<HttpFixture> {
  const made = await startHttp(...args);
  fixtures.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(labs.splice(0).map(({ upstreams }) => upstreams.close()));
  await Promise.all(fixtures.splice(0).map((made) => made.close()));
});

const WAIT = { timeoutMs: 10_000 };
const call = (link: UpstreamConnection, name: string, args: unknown = {}, options = {}): Promise<Reply> =>
  link.request('tools/call', `"name":"${name}","arguments":${JSON.stringify(args)}`, { timeoutMs: 5000, ...options });

function text(reply: Reply): string {
  if (!reply.ok) throw new Error(reply.message);
  return reply.result.text;
}

const posted = (server: HttpFixture, method: string) =>
  server.requests.filter(({ message }) => message?.method === method);

describe.each(['modern', 'legacy'] as const)('%s HTTP servers', (generation) => {
  it('are recognised, called, and told about the end', async () => {
    const server = await serve(generation);
    const made = lab();
    const link = await made.upstreams.lease(httpServer(server.url, 'http', { authorization: 'Bearer t' }), WAIT);
    expect(link.facts).toMatchObject({ era: generation, name: 'http-fixture', version: '4.5.6' });
    expect(JSON.parse(text(await call(link, 'echo', { text: 'hi' })))).toEqual({
      content: [{ type: 'text', text: 'hi' }],
    });
    expect(server.requests.every(({ headers }) => headers['authorization'] === 'Bearer t')).toBe(true);
    await made.upstreams.close();
    expect(server.sessions.size).toBe(0);
  });

  it('that are busy are left alone for as long as they ask', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    const busy = { code: 'RATE_LIMITED', data: { retryAfterMs: expect.any(Number) } };
    await expect(call(link, 'busy', { seconds: 1 })).rejects.toMatchObject(busy);
    const asked = server.requests.length;
    await expect(call(link, 'echo', { text: 'no' })).rejects.toMatchObject(busy);
    expect(server.requests.length).toBe(asked);
    await until(() =>
      call(link, 'echo', { text: 'yes' }).then(
        () => true,
        () => false,
      ),
    );
  });

  it('that restart are asked again where the connection was refused, with a new session if need be', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await server.close();
    const answer = call(link, 'echo', { text: 'hi' });
    await serve(generation, { port: server.port });
    expect(text(await answer)).toContain('hi');
  });

  it('that do not listen were sent nothing', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await server.close();
    await expect(call(link, 'echo')).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringMatching(/nothing listens at its address\. Try again later[^.]*\.$/),
    });
  });

  it('keep every byte of a result, line breaks aside', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    const inner = '"n": 12345678901234567890,\n"s":"\\ud800","_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{}}';
    const reply = await call(link, 'raw', { text: `{${inner}}` });
    expect(text(reply)).toBe('{"n": 12345678901234567890, "s":"\\ud800","_meta":{"a":1}}');
  });

  it('answer with streams, progress first', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    const seen: string[] = [];
    const reply = await call(link, 'progress', {}, { onProgress: (params: string) => void seen.push(params) });
    expect(text(reply)).toBe('{"content":[]}');
    expect(seen).toEqual(['"progress":1']);
  });

  it('are told of a time-out the way of their revision', async () => {
    const server = await serve(generation);
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await expect(call(link, 'slow', {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await until(() => server.closed.includes('tools/call'));
    const id = posted(server, 'tools/call')[0]?.message?.id;
    if (generation === 'legacy') await until(() => posted(server, 'notifications/cancelled').length === 1);
    const [notice] = posted(server, 'notifications/cancelled');
    expect(notice?.message?.params?.['requestId']).toBe(generation === 'legacy' ? id : undefined);
  });

  it('fail one call, not the others', async () => {
    const server = await serve(generation);
    const link = await lab({ maxMessageBytes: 1_000_000 }).upstreams.lease(httpServer(server.url), WAIT);
    await expect(call(link, 'cut')).rejects.toThrow(/before the response came/);
    await expect(call(link, 'huge')).rejects.toThrow(/more than 1000000 bytes/);
    await expect(call(link, 'nothing')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    await expect(call(link, 'wall')).rejects.toThrow(/HTTP 401/);
    expect(await call(link, 'unknown')).toMatchObject({ ok: false, code: -32602 });
    expect(text(await call(link, 'echo', { text: 'fine' }))).toContain('fine');
    expect(link.closed).toBe(false);
  });

  it('say when their tools change, also after the stream broke', async () => {
    const server = await serve(generation);
    await lab().upstreams.lease(httpServer(server.url), WAIT);
    await until(() => server.streams.size === 1);
    for (const notify of server.streams) notify('tools/list_changed');
    await until(() => toolsChanged === 1);
  });

  it('may redirect, but not to another origin', async () => {
    const server = await serve(generation, { redirect: '/mcp/' });
    const made = lab();
    const link = await made.upstreams.lease(httpServer(server.url), WAIT);
    expect(text(await call(link, 'echo', { text: 'x' }))).toContain('x');
    const other = await serve(generation, { redirect: server.url });
    const before = server.requests.length;
    await expect(made.upstreams.lease(httpServer(other.url), WAIT)).rejects.toThrow(/redirects to/);
    expect(server.requests.length).toBe(before);
  });
});

describe('modern HTTP servers', () => {
  it('get the headers of their revision', async () => {
    const server = await serve('modern');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    const headers = { 'mcp-param-region': 'eu' };
    await call(link, 'echo', {}, { headers, meta: '"traceparent":"00-1"' });
    const [request] = posted(server, 'tools/call');
    expect(request?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
      'mcp-param-region': 'eu',
    });
    expect(request?.message?.params?.['_meta']).toEqual({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'agent-mcp-gateway', version: '0.0.1' },
      'io.modelcontextprotocol/clientCapabilities': {},
      traceparent: '00-1',
      progressToken: request?.message?.id,
    });
  });

  it('hand back results that are not complete', async () => {
    const server = await serve('modern');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    expect(await call(link, 'input')).toMatchObject({ ok: true, result: { resultType: 'input_required' } });
    const list = await link.request('tools/list', '', WAIT);
    expect(list).toMatchObject({ ok: true, result: { ttlMs: 60_000 } });
  });

  it('that became legacy ones are recognised anew at the next call', async () => {
    const server = await serve('modern');
    const made = lab();
    const definition = httpServer(server.url);
    const link = await made.upstreams.lease(definition, WAIT);
    server.generation = 'legacy';
    await expect(call(link, 'echo')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    const again = await made.upstreams.lease(definition, WAIT);
    expect(again.facts.era).toBe('legacy');
  });
});

describe('legacy HTTP servers', () => {
  it('may take their time with a body that answers a notification: nobody reads it', async () => {
    const server = await serve('legacy', { longAck: true });
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    expect(JSON.parse(text(await call(link, 'echo', { text: 'hi' })))['content']).toEqual([
      { type: 'text', text: 'hi' },
    ]);
  });

  it.each([404, 400])('that lost the session (HTTP %i) get a new one, and the call once', async (lostStatus) => {
    const server = await serve('legacy', { lostStatus });
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await call(link, 'echo', { text: '1' });
    server.sessions.clear();
    server.sessions.add('unrelated');
    const replies = await Promise.all([call(link, 'echo', { text: '2' }), call(link, 'echo', { text: '3' })]);
    expect(replies.map((reply) => reply.ok)).toEqual([true, true]);
    expect(posted(server, 'initialize')).toHaveLength(2);
    const sent = posted(server, 'tools/call');
    expect(sent).toHaveLength(5);
    expect(sent[4]?.headers['mcp-session-id']).toMatch(/^s2/);
    expect(sent[4]?.headers['mcp-protocol-version']).toBe('2025-11-25');
  });

  it('that lost the session get no call whose definition was looked at in the one before', async () => {
    const server = await serve('legacy');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await call(link, 'echo', { text: '1' });
    server.sessions.clear();
    const definition = { kind: 'tool', name: 'echo', digest: 'd' } as const;
    const sent = link.request('tools/call', '"name":"echo","arguments":{"text":"2"}', { timeoutMs: 5000, definition });
    await expect(sent).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      data: { withoutEffect: true, atOnce: true },
    });
    expect(posted(server, 'initialize')).toHaveLength(2);
    expect(posted(server, 'tools/call')).toHaveLength(2);
  });

  it.each([
    [400, ''],
    [400, 'upstream tool failed'],
    [404, '{"error":"record not found"}'],
  ])('that answer a call with %i and "%s" are not sent it again: it may have been done', async (status, body) => {
    const server = await serve('legacy');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await expect(call(link, 'odd', { status, body })).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining('may have taken effect'),
    });
    expect(posted(server, 'tools/call')).toHaveLength(1);
    expect(text(await call(link, 'echo', { text: 'next' }))).toContain('next');
  });

  it('that answer a call with 303 may have done it', async () => {
    const server = await serve('legacy');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    await expect(call(link, 'odd', { status: 303, body: '' })).rejects.toThrow('may have taken effect');
  });

  it('that do not come back fail, and nothing loops', async () => {
    const server = await serve('legacy');
    const made = lab();
    const definition = httpServer(server.url);
    const link = await made.upstreams.lease(definition, WAIT);
    server.generation = 'modern';
    await expect(call(link, 'echo')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    const again = await made.upstreams.lease(definition, WAIT);
    expect(again.facts.era).toBe('modern');
  });

  it('may have no sessions, and older revisions', async () => {
    const server = await serve('legacy', { stateless: true, revision: '2025-03-26' });
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    expect(link.facts.revision).toBe('2025-03-26');
    expect(text(await call(link, 'echo', { text: 'x' }))).toContain('x');
  });

  it('may end a connection and answer on the next one', async () => {
    const server = await serve('legacy');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    expect(text(await call(link, 'poll'))).toBe('{"n":1}');
    expect(server.requests.some(({ headers }) => headers['last-event-id'] === 'e1')).toBe(true);
  });

  it('are asked for initialize at once after a reconnect', async () => {
    const server = await serve('legacy');
    const made = lab();
    const definition = httpServer(server.url);
    await (await made.upstreams.lease(definition, WAIT)).close();
    await made.upstreams.lease(definition, WAIT);
    expect(posted(server, 'server/discover')).toHaveLength(1);
  });
});

describe('HTTP+SSE servers', () => {
  it.each(['sse', 'http'] as const)('are spoken to when the entry says %s', async (transport) => {
    const server = await serve('sse');
    const link = await lab().upstreams.lease(httpServer(server.url, transport), WAIT);
    expect(link.facts).toMatchObject({ era: 'legacy', revision: '2024-11-05' });
    expect(text(await call(link, 'echo', { text: 'hi' }))).toContain('hi');
  });

  it('fail running calls when their stream ends, and are connected again', async () => {
    const server = await serve('sse');
    const made = lab();
    const definition = httpServer(server.url, 'sse');
    const link = await made.upstreams.lease(definition, WAIT);
    await expect(call(link, 'end')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    const again = await made.upstreams.lease(definition, WAIT);
    expect(text(await call(again, 'echo', { text: 'back' }))).toContain('back');
  });

  it('must not send messages to another origin', async () => {
    const server = await serve('sse', { endpoint: 'http://127.0.0.2:1/steal' });
    await expect(lab().upstreams.lease(httpServer(server.url, 'sse'), WAIT)).rejects.toThrow(/another origin/);
  });
});

describe('unreachable servers', () => {
  it('say so', async () => {
    const server = await serve('modern');
    await server.close();
    await expect(lab().upstreams.lease(httpServer(server.url), WAIT)).rejects.toThrow(/refuses connections/);
  });
});

describe('subscriptions to resources', () => {
  it('of modern servers are one stream, asked for anew when they change', async () => {
    const server = await serve('modern');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    const wanted = (): unknown[] =>
      posted(server, 'subscriptions/listen').map(({ message }) => {
        const { notifications } = { ...message?.params } as { notifications?: Record<string, unknown> };
        return notifications?.['resourceSubscriptions'];
      });
    await until(() => wanted().length === 1);
    await link.subscribeResource('file:///a');
    await until(() => wanted().length === 2);
    await link.subscribeResource('file:///a');
    await link.subscribeResource('file:///b');
    await until(() => wanted().length === 3);
    await link.unsubscribeResource('file:///a');
    await link.unsubscribeResource('file:///a');
    await until(() => wanted().length === 4);
    expect(wanted()).toEqual([undefined, ['file:///a'], ['file:///a', 'file:///b'], ['file:///b']]);
  });

  it('of legacy servers are requests, and one for all who ask', async () => {
    const server = await serve('legacy');
    const link = await lab().upstreams.lease(httpServer(server.url), WAIT);
    // The fixture has no resources and refuses.
    expect((await link.subscribeResource('file:///a')).ok).toBe(false);
    expect(posted(server, 'resources/subscribe').map(({ message }) => message?.params)).toEqual([{ uri: 'file:///a' }]);
  });
});
