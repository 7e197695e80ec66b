/** One call all the way: every transport, revision, client and kind of server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Setup, serveHttp } from '../support/gateway.ts';
import { linesOf, makeHome, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, KINDS, openShared, overMatrix, REVISIONS } from '../support/matrix.ts';
import { fixture, npmServer } from '../support/paths.ts';
import { assertGone, type Running, startHttpFixture, until } from '../support/process.ts';
import { type SdkClient, sdkV1, sdkV2, type Target } from '../support/sdk.ts';
import { errorOf, execute, executeError, executeText, textOf } from '../support/tools.ts';

let legacy: { url: string } & Running;
let modern: { url: string } & Running;
/** All servers start with it. */
let every: Setup;
/** Starts only what a test calls. */
let lazy: Setup;

const { dir, remove } = makeHome();
const files = path.join(dir, 'files');
const events = path.join(dir, 'events');

beforeAll(async () => {
  [legacy, modern] = await Promise.all([startHttpFixture('http-legacy'), startHttpFixture('http-modern')]);
  mkdirSync(files);
  writeFileSync(path.join(files, 'hello.txt'), 'hello from a file\n');
  every = {
    servers: servers({
      calc: fixture('calc', { LABEL: 'one' }),
      slow: fixture('slow', { EVENTS_FILE: events }),
      everything: npmServer('everything'),
      filesystem: npmServer('filesystem', files),
      memory: { ...npmServer('memory'), env: { MEMORY_FILE_PATH: path.join(dir, 'memory.jsonl') } },
      legacy: { url: legacy.url },
      modern: { type: 'http', url: modern.url, headers: { 'x-configured': 'yes' } },
    }),
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  };
  lazy = {
    ...every,
    env: { GATEWAY_INIT_STRATEGY: 'lazy', SECRET_OF_THE_GATEWAY: 'x', GATEWAY_DEBUG: 'false' },
  };
});
afterAll(async () => {
  await Promise.all([legacy, modern].map((server) => server.stop('SIGTERM')));
  remove();
});

overMatrix(KINDS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, every);
  });
  afterAll(() => front.stop());

  it('server-everything over stdio', async () => {
    expect(await executeText(front.rpc, { server: 'everything', tool: 'echo', args: { message: 'hi' } })).toBe(
      'Echo: hi',
    );
    const sum = await executeText(front.rpc, { server: 'everything', tool: 'get-sum', args: { a: 2, b: 3 } });
    expect(sum).toContain('5');
  });

  it('server-filesystem over stdio', async () => {
    const file = path.join(files, 'hello.txt');
    const result = await execute(front.rpc, { server: 'filesystem', tool: 'read_text_file', args: { path: file } });
    expect(result.content[0]?.text).toBe('hello from a file\n');
    const outside = await execute(front.rpc, {
      server: 'filesystem',
      tool: 'read_text_file',
      args: { path: '/etc/hostname' },
    });
    expect(outside.isError).toBe(true);
    expect(outside.content[0]?.text).toContain('Access denied');
  });

  it('server-memory over stdio', async () => {
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote notes'] }];
    await execute(front.rpc, { server: 'memory', tool: 'create_entities', args: { entities } });
    const found = await execute(front.rpc, { server: 'memory', tool: 'search_nodes', args: { query: 'Ada' } });
    expect(found.structuredContent).toMatchObject({ entities });
  });

  it.each(['legacy', 'modern'])('an HTTP server of the %s generation', async (server) => {
    expect(await executeText(front.rpc, { server, tool: 'era' })).toBe(server);
    expect(await executeText(front.rpc, { server, tool: 'add', args: { a: 20, b: 22 } })).toBe('42');
  });

  it('args as a JSON string', async () => {
    expect(await executeText(front.rpc, { server: 'calc', tool: 'add', args: '{"a": 1, "b": 2}' })).toBe('3');
  });

  it('passes on isError of the server, and its JSON-RPC errors as a failure of the call', async () => {
    expect(await execute(front.rpc, { server: 'calc', tool: 'fail' })).toMatchObject({
      content: [{ type: 'text', text: 'it failed' }],
      isError: true,
    });
    const rejected = await execute(front.rpc, { server: 'calc', tool: 'reject' });
    expect(errorOf(rejected)).toEqual({
      code: expect.any(Number) as unknown,
      message: expect.stringContaining('rejected by the server') as unknown,
      data: { why: 'test' },
    });
  });

  it('TOOL_NOT_FOUND and SERVER_UNAVAILABLE for an agent that may use the name', async () => {
    expect(await executeError(front.rpc, { server: 'calc', tool: 'nothing' })).toBe('TOOL_NOT_FOUND');
    expect(await executeError(front.rpc, { server: 'nowhere', tool: 'add' })).toBe('SERVER_UNAVAILABLE');
  });

  it('INVALID_ARGUMENTS names the tool', async () => {
    for (const args of [5, true, [1], 'not json', '[1]', '"text"']) {
      const result = await execute(front.rpc, { server: 'calc', tool: 'add', args });
      expect(textOf(result)).toContain('INVALID_ARGUMENTS');
      expect(textOf(result)).toMatch(/execute_tool|add/);
    }
  });

  it('TIMEOUT after timeout_ms, and the server is told', async () => {
    const key = `t-${kind.transport}-${kind.revision}`;
    expect(await executeError(front.rpc, { server: 'slow', tool: 'wait', args: { key }, timeout_ms: 300 })).toBe(
      'TIMEOUT',
    );
    await until(() => linesOf(events).includes(`cancelled ${key}`), 'the server heard of it');
  });

  it('progress reaches the caller and extends the time-out', async () => {
    const steps: unknown[] = [];
    const result = await execute(
      front.rpc,
      // 20 steps of 50 ms: longer than the time-out.
      { server: 'slow', tool: 'pulse', args: { steps: 20 }, timeout_ms: 600 },
      {
        meta: { progressToken: 'mine' },
        onNotification({ method, params }) {
          if (method === 'notifications/progress' && params?.['progressToken'] === 'mine')
            steps.push(params['progress']);
        },
      },
    );
    expect(textOf(result)).toBe('pulsed 20');
    expect(steps).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('a cancelled call is cancelled at the server', async () => {
    const key = `c-${kind.transport}-${kind.revision}`;
    const exchange = front.rpc.start('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'slow', tool: 'wait', args: { key } },
    });
    await until(() => linesOf(events).includes(`call wait ${key}`), 'the call arrived');
    exchange.cancel();
    await until(() => linesOf(events).includes(`cancelled ${key}`), 'the server heard of it');
    expect(await executeText(front.rpc, { server: 'calc', tool: 'label' })).toBe('one');
  });

  it('many calls at once keep their answers apart', async () => {
    const sums = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        executeText(front.rpc, { server: 'calc', tool: 'add', args: { a: n, b: 1000 } }),
      ),
    );
    expect(sums).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 1000)));
  });

  it('a server that crashes during a call is started again for the next', async () => {
    expect(await executeError(front.rpc, { server: 'slow', tool: 'crash' })).toBe('SERVER_UNAVAILABLE');
    expect(await executeText(front.rpc, { server: 'slow', tool: 'release', args: { key: 'none' } })).toBe('no');
  });
});

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, lazy);
  });
  afterAll(() => front.stop());

  it('sends nothing of the caller to an HTTP server', async () => {
    for (const server of ['legacy', 'modern']) {
      const headers = await executeText(front.rpc, { server, tool: 'headers' });
      expect(headers).not.toContain(TOKEN);
      expect(headers.toLowerCase()).not.toContain('"authorization"');
      expect(headers.includes('"x-configured":"yes"')).toBe(server === 'modern');
    }
    const routed = { server: 'modern', tool: 'routed', args: { region: 'us-west1' } };
    expect(await executeText(front.rpc, routed)).toBe('us-west1 us-west1');
  });

  it('gives a child what its entry names and a short safe list, nothing else', async () => {
    const names = JSON.parse(await executeText(front.rpc, { server: 'calc', tool: 'environment' })) as string[];
    expect(names).toContain('LABEL');
    expect(names).toContain('PATH');
    expect(names).not.toContain('SECRET_OF_THE_GATEWAY');
    expect(names).not.toContain('GATEWAY_DEBUG');
  });

  it('opens a new session when an HTTP server has forgotten the old one', async () => {
    expect(await executeText(front.rpc, { server: 'legacy', tool: 'forget' })).toBe('forgotten');
    expect(await executeText(front.rpc, { server: 'legacy', tool: 'era' })).toBe('legacy');
  });
});

describe.each([
  ['v2', sdkV2, REVISIONS],
  ['v1', sdkV1, REVISIONS.filter((revision) => revision !== '2026-07-28')],
] as const)('official client SDK %s', (_name, connect, revisions) => {
  const check = async (client: SdkClient, revision: string): Promise<void> => {
    expect(client.revision).toBe(revision);
    expect(await client.listTools()).toEqual([
      'search_tools',
      'list_servers',
      'get_server_tools',
      'execute_tool',
      'read_result',
    ]);
    for (const server of ['everything', 'legacy', 'modern']) {
      const [tool, args] = server === 'everything' ? ['echo', { message: 'sdk' }] : ['add', { a: 1, b: 2 }];
      const result = await client.callTool('execute_tool', { server, tool, args });
      expect(textOf(result)).toBe(server === 'everything' ? 'Echo: sdk' : '3');
    }
    const structured = await client.callTool('execute_tool', {
      server: 'everything',
      tool: 'get-structured-content',
      args: { location: 'Chicago' },
    });
    expect(structured.structuredContent).toMatchObject({ temperature: expect.any(Number) as unknown });
    // SDK clients drop what comes in one piece with the result, which is there when all steps were seen.
    const steps: number[] = [];
    const on = (tool: string) => ({ server: 'slow', tool, args: { key: 'sdk', steps: 3 } });
    let released: Promise<unknown> | undefined;
    const done = await client.callTool('execute_tool', on('progress'), (step) => {
      steps.push(step);
      if (steps.length === 3) released = client.callTool('execute_tool', on('release'));
    });
    expect(textOf(done)).toBe('done sdk');
    await released;
    expect(steps).toEqual([1, 2, 3]);
    expect((await client.callTool('execute_tool', { server: 'nowhere', tool: 'x' })).isError).toBe(true);
    await client.close();
  };

  it.each(revisions)('stdio %s', async (revision) => {
    const home = makeHome(lazy);
    const target: Target = { home };
    await check(await connect(target, revision), revision);
    await assertGone(home.dir);
    home.remove();
  });

  it('HTTP, every revision against one gateway', async () => {
    const gateway = await serveHttp(lazy);
    for (const revision of revisions)
      await check(await connect({ url: gateway.url, token: TOKEN }, revision), revision);
    await gateway.stop();
  });
});
