/** Local sockets have a place also where the path of the cache is longer than the system lets a socket's be. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { callTool, toolNames } from '../support/tools.ts';

const ALL = { allow: { servers: ['*'] } };

/** Where a folder whose path is too long has its sockets instead. */
const insteadOf = (folder: string): string => {
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return `/tmp/agent-mcp-gateway-${process.getuid?.()}-${digest}`;
};

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A home whose cache has a path of that many bytes. */
function longHome(rules: object, bytes: number): { home: Home; run: string; hooks: string } {
  const plain = makeHome({ servers: servers({ calc: fixture('calc') }), rules: { ...rules } });
  const cache = path.join(plain.dir, 'c'.repeat(bytes - plain.dir.length - 1));
  const [run = '', hooks = ''] = ['run', 'hooks'].map((name) => insteadOf(path.join(cache, 'agent-mcp-gateway', name)));
  made.push(run, hooks);
  const audit = path.join(cache, 'agent-mcp-gateway/logs/audit.jsonl');
  return { home: { ...plain, audit, env: { ...plain.env, HOME: cache, XDG_CACHE_HOME: cache } }, run, hooks };
}

/** Every socket under a folder: a path that was cut off leaves one with another name, perhaps further up. */
const socketsUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isSocket())
        .map(({ name }) => name)
    : [];

const HTTP = { agents: { dev: ALL }, principals: { tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] } } };

it.each([
  ['one process', 76, []],
  ['one process', 140, []],
  ['two workers', 140, ['--workers', '2']],
])('%s, %i bytes: the gateway runs, its owner reaches it, and nothing stays behind', async (_name, bytes, args) => {
  const { home, run } = longHome(HTTP, bytes);
  const gateway = await serveHttp({ home, args });
  const rpc = await gateway.open();
  expect(await toolNames(rpc)).toContain('list_servers');
  await rpc.close();
  const { code, stdout } = await runCli(['servers', 'status', '--json'], { env: home.env, cwd: home.cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ gateway: { pid: gateway.running.pid } }]);
  expect(statSync(run).mode & 0o777).toBe(0o700);
  expect(gateway.running.stderr()).not.toContain('control socket does not work');
  gateway.running.child.kill('SIGTERM');
  await gateway.running.exited;
  expect([...socketsUnder(run), ...socketsUnder(home.dir)]).toEqual([]);
  expect(readdirSync(run)).toEqual([]);
  await gateway.stop();
});

it('hooks reach the gateway there', async () => {
  const { home, hooks } = longHome(
    {
      agents: { dev: ALL, other: ALL },
      principals: { local: { stdio: true, hook: true, default: 'dev', may_assume: ['*'] } },
    },
    140,
  );
  const gateway = await serveStdio({ home });
  await toolNames(gateway.rpc);
  expect(readdirSync(hooks)).toHaveLength(2);
  const input = JSON.stringify({ tool_use_id: 'toolu_1', agent_id: 'a1', agent_type: 'other' });
  expect((await runCli(['hook'], { env: home.env, cwd: home.cwd, input })).code).toBe(0);
  const meta = { 'claudecode/toolUseId': 'toolu_1' };
  await callTool(gateway.rpc, 'list_servers', {}, { meta });
  expect(auditRecords(home).at(-1)).toMatchObject({ agent_id: 'other', assurance: 'hook' });
  await gateway.stop();
  expect(readdirSync(hooks)).toEqual([]);
});

it('what is there already and is no folder of ours is not used, and the gateway works without it', async () => {
  const { home, run } = longHome(HTTP, 140);
  writeFileSync(run, '');
  const gateway = await serveHttp({ home });
  await gateway.running.waitForStderr(/the control socket does not work/);
  const rpc = await gateway.open();
  expect(await toolNames(rpc)).toContain('list_servers');
  await rpc.close();
  await gateway.stop();
});
