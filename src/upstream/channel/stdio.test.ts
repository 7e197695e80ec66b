import { afterEach, describe, expect, it } from 'vitest';
import type { Reply, UpstreamConnection } from '../contract.ts';
import { createLab, fixture, type Lab, stdioServer, until } from '../testing.ts';

const LEGACY = fixture('stdio-legacy.mjs');
const labs: Lab[] = [];

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
});

const lease = async (made: Lab, ...flags: string[]): Promise<UpstreamConnection> =>
  made.upstreams.lease(stdioServer(LEGACY, flags), { timeoutMs: 10_000 });

const call = (link: UpstreamConnection, name: string, args: unknown = {}, options = {}): Promise<Reply> =>
  link.request('tools/call', `"name":"${name}","arguments":${JSON.stringify(args)}`, { timeoutMs: 5000, ...options });

function parsed(reply: Reply): Record<string, unknown> {
  if (!reply.ok) throw new Error(reply.message);
  return JSON.parse(reply.result.text) as Record<string, unknown>;
}

describe('legacy stdio servers', () => {
  it('are recognised by their error and initialized', async () => {
    const link = await lease(lab());
    expect(link.facts).toEqual({
      era: 'legacy',
      revision: '2025-11-25',
      name: 'legacy-fixture',
      version: '1.2.3',
      info: { name: 'legacy-fixture', version: '1.2.3' },
      instructions: 'Be kind.',
      capabilities: { tools: { listChanged: true } },
      text: expect.stringContaining('"instructions":"Be kind."'),
    });
    expect(parsed(await call(link, 'echo', { text: 'hi' }))['content']).toEqual([{ type: 'text', text: 'hi' }]);
  });

  it('may be silent about the probe, answer an old revision, or print a banner', async () => {
    const made = lab();
    expect((await lease(made, 'silent')).facts.era).toBe('legacy');
    expect((await lease(made, 'old')).facts.revision).toBe('2024-11-05');
    expect(parsed(await call(await lease(made, 'banner'), 'echo', { text: 'x' }))['content']).toHaveLength(1);
  });

  it('that die on the probe are started again without it', async () => {
    const made = lab();
    const server = stdioServer(LEGACY, ['dies-on-probe']);
    const link = await made.upstreams.lease(server, { timeoutMs: 10_000 });
    expect(link.facts.era).toBe('legacy');
    expect(made.processes()).toHaveLength(1);
  });

  it('keep every byte of a result, hop-by-hop fields aside', async () => {
    const link = await lease(lab());
    const inner = '"b" : 12345678901234567890,"a":1e400,"s":"\\ud800","__proto__":{},"_meta":{"x":1}';
    const reply = await call(link, 'raw', { text: `{"resultType":"complete",${inner},"ttlMs":5}` });
    expect(reply).toEqual({
      ok: true,
      result: {
        text: `{${inner}}`,
        members: inner,
        metaAt: inner.indexOf('{"x"') + 2,
        resultType: 'complete',
        isError: false,
        ttlMs: 5,
      },
    });
  });

  it('get only what is safe of the environment, and what their entry names', async () => {
    process.env['GATEWAY_TEST_SECRET'] = 'leak';
    const made = lab();
    const server = stdioServer(LEGACY, [], { MINE: 'yes' });
    const env = parsed(await call(await made.upstreams.lease(server, { timeoutMs: 10_000 }), 'echo'))['env'] as Record<
      string,
      string
    >;
    expect(env['GATEWAY_TEST_SECRET']).toBeUndefined();
    expect(env['MINE']).toBe('yes');
    expect(env['PATH']).toBe(process.env['PATH']);
    delete process.env['GATEWAY_TEST_SECRET'];
  });

  it('get a request on one line, however the caller wrote it', async () => {
    const link = await lease(lab());
    const reply = await link.request('tools/call', '"name":\r\n"echo",\n"arguments":{"text":\n"x"}', {
      timeoutMs: 5000,
    });
    expect(parsed(reply)['content']).toEqual([{ type: 'text', text: 'x' }]);
  });

  it('answer with errors that are relayed', async () => {
    expect(await call(await lease(lab()), 'nope')).toEqual({
      ok: false,
      code: -32602,
      message: 'Unknown tool',
      data: '{"n":1}',
    });
  });

  it('get ping answered and everything else refused', async () => {
    const { answers } = parsed(await call(await lease(lab()), 'ask')) as { answers: Record<string, unknown>[] };
    expect(answers[0]).toEqual({ jsonrpc: '2.0', id: 'p1', result: {} });
    expect(answers[1]).toMatchObject({ id: 'r1', error: { code: -32601 } });
  });

  it('that answer twice or too deep hurt only that call', async () => {
    const link = await lease(lab());
    expect(parsed(await call(link, 'twice'))).toEqual({ n: 1 });
    await expect(call(link, 'deep')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    expect(parsed(await call(link, 'echo', { text: 'still here' }))['content']).toHaveLength(1);
  });
});

describe('time-outs and cancellation', () => {
  it('end a call and tell the server', async () => {
    const link = await lease(lab());
    await expect(call(link, 'slow', {}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const abort = new AbortController();
    const running = call(link, 'slow', {}, { signal: abort.signal });
    abort.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    expect((parsed(await call(link, 'cancelled'))['cancelled'] as number[]).length).toBe(2);
  });

  it('start again with progress', async () => {
    const link = await lease(lab());
    const seen: string[] = [];
    const onProgress = (params: string): void => void seen.push(params);
    const reply = await call(link, 'progress', { steps: 5, everyMs: 60 }, { timeoutMs: 200, onProgress });
    expect(reply.ok).toBe(true);
    expect(seen[0]).toBe('"progress":1,"message":"step 1"');
    expect(seen).toHaveLength(5);
  });
});

describe('broken servers', () => {
  it('fail running calls at once, with their last words, and are replaced at the next call', async () => {
    const made = lab({ redact: (text) => text.replaceAll('secret-value', '[redacted]') });
    const server = stdioServer(LEGACY, ['stderr']);
    const link = await made.upstreams.lease(server, { timeoutMs: 10_000 });
    const slow = call(link, 'slow');
    const died = call(link, 'die');
    await expect(slow).rejects.toThrow(/exit status 7.*a \[redacted\] in the log \| last words/);
    await expect(died).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    expect(link.closed).toBe(true);
    const again = await made.upstreams.lease(server, { timeoutMs: 10_000 });
    expect(parsed(await call(again, 'echo', { text: 'back' }))['content']).toHaveLength(1);
  });

  it('are told apart: missing command, exit at start, a line without end', async () => {
    const made = lab({ maxMessageBytes: 1024 * 1024 });
    const missing = stdioServer(LEGACY);
    const link = { ...missing.link, command: '/does/not/exist' } as typeof missing.link;
    await expect(made.upstreams.lease({ ...missing, link }, { timeoutMs: 10_000 })).rejects.toThrow(/does not exist/);
    await expect(lease(made, 'exit')).rejects.toThrow(/exit status 3/);
    await expect(lease(made, 'endless')).rejects.toThrow(/too long/);
  });

  it('are not started again and again', async () => {
    const made = lab();
    const server = stdioServer(LEGACY, ['exit']);
    const start = async (): Promise<UpstreamConnection> => made.upstreams.lease(server, { timeoutMs: 10_000 });
    for (let failures = 0; failures < 3; failures++) await expect(start()).rejects.toThrow(/exit status 3/);
    await expect(start()).rejects.toMatchObject({ data: { retryAfterMs: expect.any(Number) } });
    expect(made.upstreams.status()).toMatchObject([{ state: 'backing-off' }]);
    // Unless their owner asks for it.
    const { starts = 0 } = made.upstreams.status()[0] ?? {};
    expect(await made.upstreams.control(server.name, 'restart')).toMatch(/exit status 3/);
    await until(() => made.upstreams.status()[0]?.starts === starts + 1);
  });

  it('let a caller wait no longer than it wants, and go on starting', async () => {
    const made = lab({ budgets: { probeMs: 200 } });
    const server = stdioServer(LEGACY, ['silent']);
    await expect(made.upstreams.lease(server, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(made.upstreams.status()).toMatchObject([{ state: 'starting' }]);
    await Promise.all([
      made.upstreams.lease(server, { timeoutMs: 10_000 }),
      made.upstreams.lease(server, { timeoutMs: 10_000 }),
    ]);
    expect(made.processes()).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('ends servers that ignore SIGTERM and grandchildren that left the group', async () => {
    const made = lab();
    await lease(made, 'stubborn', 'orphan');
    await until(() => made.processes().length === 2);
    await made.upstreams.close();
    expect(made.processes()).toEqual([]);
  });

  it('lets the calls of a removed server finish', async () => {
    const made = lab();
    const server = stdioServer(LEGACY);
    const link = await made.upstreams.lease(server, { timeoutMs: 10_000 });
    const running = call(link, 'progress', { steps: 5, everyMs: 50 });
    made.upstreams.retain(new Map());
    expect((await running).ok).toBe(true);
    await until(() => made.processes().length === 0);
    expect(link.closed).toBe(true);
  });

  it('starts nothing of a server that is not in the configuration any more', async () => {
    const server = stdioServer(LEGACY);
    const made = lab({ isInForce: () => false });
    await expect(made.upstreams.lease(server, { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining('was changed or removed in the configuration'),
    });
    made.upstreams.warm(new Map([[server.name, server]]));
    expect(made.upstreams.status()).toEqual([]);
  });

  it('keeps unchanged servers at a reload', async () => {
    const made = lab();
    const server = stdioServer(LEGACY);
    const link = await made.upstreams.lease(server, { timeoutMs: 10_000 });
    made.upstreams.retain(new Map([['renamed', { ...server, name: 'renamed' }]]));
    await made.upstreams.lease(server, { timeoutMs: 10_000 });
    expect(link.closed).toBe(false);
    expect(made.processes()).toHaveLength(1);
  });

  it('can kill at once, also what is still starting', async () => {
    const made = lab();
    await lease(made, 'stubborn');
    const starting = lease(made, 'silent', 'stubborn');
    starting.catch(() => undefined);
    await until(() => made.processes().length === 2);
    made.upstreams.kill();
    await until(() => made.processes().length === 0);
    await expect(starting).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  });

  it('refuses calls afterwards', async () => {
    const made = lab();
    await made.upstreams.close();
    await expect(lease(made)).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  });
});
