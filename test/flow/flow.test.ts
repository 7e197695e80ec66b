/** Combinations that leak, over both transports and in both generations: programs, resources, workers, restarts, and taking back. */
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { askOne } from '../../src/cli/control-client.ts';
import { runtimeDir } from '../../src/config/settings.ts';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, errorOf, execute, type ToolResult, textOf } from '../support/tools.ts';

/** Two processes share files, of which there are tests beside the code. */
const LONG = process.env['LONG'] === '1';
const FLOW: unknown = JSON.parse('[{ "after": ["private", "untrusted"], "call": "external", "then": "deny" }]');
/** What a server says of a result, which is JSON, and not of its tool. */
const META = JSON.stringify({
  7: { annotations: { openWorldHint: true, returnMetadata: { sensitivity: 'credentials' } } },
});
const HINTS = JSON.stringify({ fetch: { openWorldHint: true } });

function newHome(more: object = {}): Home {
  const matrix = fixture('matrix-server');
  return makeHome({
    servers: servers({
      mail: fixture('calc', { TOOLS: 'read,send,7', META }),
      web: fixture('calc', { TOOLS: 'fetch', HINTS }),
      shelf: { ...matrix, args: [fixturePath('matrix-server'), 'legacy', 'stdio', 'one'] },
    }),
    rules: withPrincipals(
      { default: { allow: { servers: ['*'] }, code: {} } },
      {
        labels: { mail: { read: ['private', 'untrusted'], send: ['external'] }, shelf: { 'test://*': ['private'] } },
        flow: FLOW,
        ...more,
      },
    ),
  });
}

const codeOf = (result: ToolResult): string => (result.isError === true ? errorOf(result).code : 'ok');
const call = async (rpc: Rpc, server: string, tool: string): Promise<string> =>
  codeOf(await execute(rpc, { server, tool }));

it('is held over stdio, by a program too, after a restart, until somebody takes it back; the records say why', async () => {
  const home = newHome();
  const first = await serveStdio({ home }, '2025-11-25');
  expect(await call(first.rpc, 'web', 'fetch')).toBe('ok');
  expect(await call(first.rpc, 'mail', 'read')).toBe('ok');
  const { code, message } = errorOf(await execute(first.rpc, { server: 'web', tool: 'fetch' }));
  expect(code).toBe('DENIED_BY_POLICY');
  expect(message).toContain('because of what it has used before (private and untrusted)');
  const program = 'try { return await servers.mail.send() } catch (error) { return error.code }';
  expect(textOf(await callTool(first.rpc, 'run_code', { code: program }))).toBe('"DENIED_BY_POLICY"');
  first.running.child.stdin?.end();
  await first.running.exited;

  const { rpc, stop } = await serveStdio({ home }, MODERN);
  expect(await call(rpc, 'web', 'fetch')).toBe('DENIED_BY_POLICY');
  const records = auditRecords(home).filter(({ operation }) => operation === 'execute_tool');
  expect(records.at(-1)).toMatchObject({ rule: 'flow[0]', labels: 'untrusted external', decision: 'DENY' });
  const run = (...args: string[]) => runCli(['flow', ...args], { env: home.env, cwd: home.cwd });
  expect((await run('show')).stdout).toMatch(/local {3}default {2}private {4}\S+ {2}mail read\n/);
  expect((await run('reset', '--label', 'private')).stdout).toBe('Taken back: 1 label.\n');
  expect(await call(rpc, 'web', 'fetch')).toBe('ok');

  // What a program read is touched again by whoever reads on in its result.
  const reading = { code: 'await servers.mail.read(); return "x".repeat(20000)', max_result_tokens: 50 };
  const long = JSON.stringify(await callTool(rpc, 'run_code', reading));
  expect((await run('reset', '--all')).stdout).toMatch(/^Taken back: \d+ labels\.\n$/);
  expect(await call(rpc, 'web', 'fetch')).toBe('ok');
  const [, handle] = /handle: \\"([^"]+)\\"/.exec(long) ?? [];
  expect(codeOf(await callTool(rpc, 'read_result', { handle }))).toBe('ok');
  expect(await call(rpc, 'web', 'fetch')).toBe('DENIED_BY_POLICY');
  expect(auditRecords(home)).toContainEqual(
    expect.objectContaining({ operation: 'flow_reset', detail: { label: 'private', by: expect.any(String) } }),
  );
  await stop();
});

it('is held after what a server says of its result, whatever its caller selects of that', async () => {
  const home = newHome();
  const { rpc, stop } = await serveStdio({ home }, MODERN);
  expect(await call(rpc, 'mail', 'send')).toBe('ok');
  expect(codeOf(await callTool(rpc, 'execute_tool', { server: 'mail', tool: '7', select: '@' }))).toBe('ok');
  expect(await call(rpc, 'mail', 'send')).toBe('DENIED_BY_POLICY');
  await stop();
});

it('is held over HTTP over sessions and without, also after a resource; in the long suite by two workers', async () => {
  const home = newHome();
  const gateway = await serveHttp({ home, args: LONG ? ['--workers', '2'] : [] });
  const [one, other, modern] = await Promise.all([
    gateway.open('2025-11-25'),
    gateway.open('2025-11-25'),
    gateway.open(MODERN),
  ]);
  const read = await one.call('resources/read', { uri: 'mcp://shelf/test://text' });
  expect(read.message.result).toBeDefined();
  expect(await call(other, 'web', 'fetch')).toBe('ok');
  expect(await Promise.all([one, other, modern].map((rpc) => call(rpc, 'web', 'fetch')))).toEqual(
    Array(3).fill('DENIED_BY_POLICY'),
  );
  await gateway.stop();
});

it('a person is asked, and sees what was touched', async () => {
  const home = newHome({ flow: JSON.parse('[{ "after": ["private"], "call": "external", "then": "ask" }]') });
  const { rpc, stop } = await serveStdio({ home }, MODERN);
  expect(await call(rpc, 'mail', 'read')).toBe('ok');
  const asked = call(rpc, 'mail', 'send');
  const sockets = runtimeDir({ cacheDir: path.join(home.dir, 'cache/agent-mcp-gateway') });
  const questions = async () => (await askOne(sockets, { do: 'questions' })).flatMap((line) => line.questions ?? []);
  await until(async () => (await questions()).length === 1, 'a question waits');
  const [question] = await questions();
  expect(question?.text).toMatch(/rule +"flow\[0\]"\n +after +"private \(mail: read, \S+\)"/);
  expect(question?.answers).toEqual(['once', 'hour', 'no']);
  await askOne(sockets, { do: 'answer', id: question?.id ?? '', said: { word: 'once' }, who: 'owner' });
  expect(await asked).toBe('ok');
  await stop();
});
