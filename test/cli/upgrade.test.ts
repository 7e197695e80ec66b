/** Another version is installed over a gateway that runs: whatever it loads or starts later is what it was at its start. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { fileText, type Home, linesOf, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp, request } from '../support/http.ts';
import { makeKey, startIssuer } from '../support/issuer.ts';
import { fixture, main } from '../support/paths.ts';
import {
  assertGone,
  isAlive,
  processesOf,
  type Running,
  signalTo,
  start,
  startHttpFixture,
  until,
} from '../support/process.ts';
import { startProtected } from '../support/protected.ts';
import { MODERN } from '../support/rpc.ts';
import { startSignInServer } from '../support/sign-in-server.ts';
import { attach } from '../support/stdio.ts';
import { callTool, execute, executeError, executeText, textOf } from '../support/tools.ts';

const ALL = { allow: { servers: ['*'] } };
const SELECTING = { server: 'results', tool: 'list_items', args: {}, select: 'items[?id>`1497`].name' };
const AUDIENCE = 'https://gateway.example.com/mcp';
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An installation of its own. */
function install(): string {
  const folder = path.join(realpathSync(mkdtempSync(path.join(os.tmpdir(), 'gateway-upgrade-'))), 'dist');
  made.push(path.dirname(folder));
  cpSync(path.dirname(main), folder, { recursive: true });
  return folder;
}

type Upgrade = (folder: string) => void;

const removed: Upgrade = (folder) => rmSync(folder, { recursive: true });
/** In place, under the same names: what is loaded from there would not work. */
const exchanged: Upgrade = (folder) => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, name);
    if (statSync(file).isFile()) writeFileSync(file, 'throw new Error("another version");\n');
  }
};

const named = (home: Home, program: string): number[] =>
  processesOf(home.dir).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program));

/** Guardians have no marker: by their name. */
function guardiansOf({ pid }: Running): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((each) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1];
        return Number(parent) === pid && readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('\0guardian\0');
      } catch {
        return false;
      }
    });
}

const CASES: [string, Upgrade, readonly string[]][] = [
  ['one process, removed', removed, []],
  ['one process, exchanged', exchanged, []],
  ['two workers, exchanged', exchanged, ['--workers', '2']],
];
if (process.env['LONG'] === '1') CASES.push(['two workers, removed', removed, ['--workers', '2']]);

it.each(CASES)('%s: everything that is loaded later works', async (_name, upgrade, args) => {
  const folder = install();
  const key = await makeKey('ES256', 'ec-1');
  const [issuer, signIn, modern] = await Promise.all([
    startIssuer(key),
    startSignInServer(),
    startHttpFixture('http-modern'),
  ]);
  const locked = await startProtected(signIn, 'modern');
  const entries = {
    calc: fixture('calc'),
    results: fixture('results'),
    http: { url: modern.url },
    locked: { url: locked.url },
  };
  const rules = {
    agents: { dev: ALL },
    principals: {
      tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], default: 'dev', operator: true },
      team: {
        jwt: { issuer: issuer.url, jwks_uri: issuer.jwksUri, audience: AUDIENCE },
        default: 'dev',
        may_assume: ['*'],
      },
    },
  };
  const home = makeHome({ servers: servers(entries), rules });
  const command = ['serve', '--transport', 'http', '--port', '0', '--init-strategy', 'lazy', ...args];
  const running = start(process.execPath, [path.join(folder, 'main.js'), ...command], { env: home.env, cwd: home.cwd });
  const url = (await running.waitForStderr(/listening on (http:\/\/[^\s"]+\/mcp)/))[1] ?? '';
  upgrade(folder);

  const check = async (): Promise<void> => {
    const rpc = await openHttp(url, MODERN, { token: TOKEN });
    expect(await executeText(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } })).toBe('3');
    expect((await execute(rpc, { server: 'http', tool: 'add', args: { a: 1, b: 2 } })).isError).not.toBe(true);
    expect(await executeError(rpc, { server: 'locked', tool: 'add' })).toBe('AUTH_REQUIRED');
    expect(textOf(await callTool(rpc, 'execute_tool', SELECTING))).toContain('item 1499');
    expect(textOf(await callTool(rpc, 'search_tools', { query: 'add two numbers' }))).toContain('add');
    const now = Math.floor(Date.now() / 1000);
    const jwt = await key.sign({ iss: issuer.url, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 600 });
    expect((await callTool(await openHttp(url, '2025-11-25', { token: jwt }), 'list_servers')).isError).not.toBe(true);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await request(new URL('/metrics', url), { headers })).body).toContain('process_cpu');
  };
  await check();
  const known = running.stderr().split('configuration reloaded').length;
  writeFileSync(home.rules, fileText({ ...rules, agents: { ...rules.agents, more: ALL } }));
  await until(() => running.stderr().split('configuration reloaded').length > known, 'it is reloaded');

  if (args.length > 0) {
    for (const worker of named(home, 'worker.js')) {
      process.kill(worker, 'SIGKILL');
      await until(
        () => named(home, 'worker.js').length === 2 && !named(home, 'worker.js').includes(worker),
        'another worker',
        20_000,
      );
    }
    await until(() => running.stderr().split('a worker was replaced').length === 3, 'both work', 20_000);
    await check();
  } else {
    const [guardian] = guardiansOf(running);
    signalTo(guardian, 'SIGKILL');
    await until(() => guardiansOf(running).some((pid) => pid !== guardian && isAlive(pid)), 'another guardian');
  }
  expect((await running.stop('SIGTERM')).code).toBe(0);
  await assertGone(home.dir);
  await Promise.all([issuer.stop(), signIn.stop(), locked.stop(), modern.stop('SIGTERM')]);
  home.remove();
});

it('over stdio too, and what a killed gateway leaves is ended by a guardian that was started later', async () => {
  const folder = install();
  const home = makeHome({ rules: { agents: { dev: ALL, default: ALL } } });
  const spawns = path.join(home.dir, 'spawns');
  writeFileSync(
    home.servers,
    fileText(servers({ calc: fixture('calc', { SPAWNS_FILE: spawns }), results: fixture('results') })),
  );
  const running = start(process.execPath, [path.join(folder, 'main.js'), '--debug', '--init-strategy', 'lazy'], {
    env: home.env,
    cwd: home.cwd,
  });
  const rpc = attach(running.child, MODERN);
  await callTool(rpc, 'list_servers');
  await running.waitForStderr(/the files of the program are kept/);
  exchanged(folder);
  expect(await executeText(rpc, { server: 'calc', tool: 'label' })).toBe('none');
  expect(textOf(await callTool(rpc, 'execute_tool', SELECTING))).toContain('item 1499');
  await until(() => guardiansOf(running).length === 1, 'it has a guardian');
  running.child.kill('SIGKILL');
  await running.exited;
  await until(() => linesOf(spawns).every((pid) => !isAlive(Number(pid))), 'the guardian has finished');
  await assertGone(home.dir);
  home.remove();
});
