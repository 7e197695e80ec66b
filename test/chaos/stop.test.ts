import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { launch } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { main } from '../support/paths.ts';
import { isAlive, processesOf, until } from '../support/process.ts';
import { ANY, clientPath, file, limit, pidsIn, printTable, record, rounds, worker, workerPath } from './support.ts';

afterAll(printTable);

const HTTP = ['serve', '--transport', 'http', '--port', '0', '--no-auth'];
const CHILDREN = rounds(50, 12);
const KILLS = rounds(20, 3);

/** A home with `count` servers: a fifth ignore SIGTERM and have a detached child, a fifth are behind wrappers. */
function crowd(count: number, more: Record<string, unknown> = {}): { home: Home; pids: string } {
  const home = makeHome({ rules: ANY });
  const pids = file(home, 'pids');
  const entries: Record<string, unknown> = { ...more };
  const fifth = Math.floor(count / 5);
  for (let at = 0; at < count; at++) {
    const env = { PIDS_FILE: pids };
    const wrapped = `exec 3>/dev/null; '${process.execPath}' '${workerPath}'`;
    if (at < fifth) entries[`s${at}`] = worker({ ...env, MODE: 'stubborn', CHILD: 'yes' });
    else if (at === fifth) entries[`s${at}`] = { command: 'npx', args: ['--offline', '-c', wrapped], env };
    else if (at < 2 * fifth) entries[`s${at}`] = { command: 'sh', args: ['-c', `${wrapped}; true`], env };
    else entries[`s${at}`] = worker(env);
  }
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  return { home, pids };
}

const left = (home: Home): number[] => processesOf(home.dir).filter(isAlive);

/** Milliseconds until nothing of a home is left. */
async function goneAfter(home: Home, since: number): Promise<number> {
  await until(() => left(home).length === 0, `no process is left, of ${left(home).length}`, 30_000);
  return performance.now() - since;
}

test('supergateway 124: SIGTERM with many children, some of them stubborn or behind wrappers: nobody is left', async () => {
  const { home, pids } = crowd(CHILDREN);
  const { running } = launch(HTTP, { home });
  await until(() => pidsIn(pids).length >= CHILDREN, 'every server started', 120_000);
  const before = left(home).length;
  const since = performance.now();
  const { code } = await running.stop('SIGTERM', 20_000);
  const exitMs = performance.now() - since;
  const after = left(home).length;
  record('SIGTERM', 'servers / processes before', '', `${CHILDREN} / ${before}`);
  record('SIGTERM', 'exit after ms', '< 6000', exitMs);
  record('SIGTERM', 'processes left', '0', after);
  home.remove();
  expect({ code, after }).toEqual({ code: 0, after: 0 });
  expect(exitMs).toBeLessThan(limit(6000));
}, 200_000);

test('metamcp 162: kill -9 of the gateway: nobody is left', async () => {
  const times: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    const { home, pids } = crowd(5);
    const { running } = launch(HTTP, { home });
    await until(() => pidsIn(pids).length >= 5, 'every server started', 60_000);
    const since = performance.now();
    running.child.kill('SIGKILL');
    await running.exited;
    times.push(await goneAfter(home, since));
    home.remove();
  }
  record('kill -9 of the gateway', 'rounds', '', KILLS);
  record('kill -9 of the gateway', 'nobody left after, widest ms', '< 5000', Math.max(...times));
  expect(Math.max(...times)).toBeLessThan(limit(5000));
}, 400_000);

test('a client that dies: the gateway is gone in two seconds, and then everybody', async () => {
  const { home, pids } = crowd(3, { hang: worker({ MODE: 'hang' }) });
  const client = spawn(process.execPath, [clientPath, main], {
    env: { ...home.env },
    cwd: home.cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(await new Promise<string>((resolve) => client.stdout.setEncoding('utf8').once('data', resolve)));
  await until(() => pidsIn(pids).length >= 3, 'every server started', 60_000);
  const since = performance.now();
  client.kill('SIGKILL');
  await until(() => !isAlive(pid), 'the gateway is gone', 30_000);
  const gatewayMs = performance.now() - since;
  const allMs = await goneAfter(home, since);
  home.remove();
  record('client dies, call in flight', 'gateway gone after ms', '< 2000', gatewayMs);
  record('client dies, call in flight', 'nobody left after ms', '< 7000', allMs);
  expect(gatewayMs).toBeLessThan(limit(2000));
  expect(allMs).toBeLessThan(limit(7000));
}, 120_000);
