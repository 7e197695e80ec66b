import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { launch } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { main, root } from '../support/paths.ts';
import { isAlive, processesOf, until } from '../support/process.ts';
import { noSandbox } from '../support/sandbox.ts';
import {
  ANY,
  clientPath,
  FULL,
  file,
  limit,
  pidsIn,
  printTable,
  record,
  rounds,
  worker,
  workerPath,
} from './support.ts';

afterAll(printTable);

const HTTP = ['serve', '--transport', 'http', '--port', '0', '--no-auth'];
const CHILDREN = rounds(50, 12);
const KILLS = rounds(20, 3);

/** Where servers run: the whole suite also has them in sandboxes. */
const PLACES = FULL && noSandbox() === undefined ? ['', ', in sandboxes'] : [''];

/** A home with `count` servers: a fifth ignore SIGTERM and have a detached child, a fifth are behind wrappers. */
function crowd(count: number, more: Record<string, unknown> = {}, place = ''): { home: Home; pids: string } {
  const home = makeHome({ rules: ANY });
  const out = file(home, 'out');
  mkdirSync(out);
  const pids = path.join(out, 'pids');
  const walls =
    place === '' ? {} : { sandbox: { read: [path.join(root, 'test')], write: [out], network: ['a.example.com'] } };
  const entries: Record<string, unknown> = { ...more };
  const fifth = Math.floor(count / 5);
  for (let at = 0; at < count; at++) {
    const env = { PIDS_FILE: pids };
    const wrapped = `exec 3>/dev/null; '${process.execPath}' '${workerPath}'`;
    if (at < fifth) entries[`s${at}`] = worker({ ...env, MODE: 'stubborn', CHILD: 'yes' }, walls);
    else if (at === fifth) entries[`s${at}`] = { command: 'npx', args: ['--offline', '-c', wrapped], env, ...walls };
    else if (at < 2 * fifth) entries[`s${at}`] = { command: 'sh', args: ['-c', `${wrapped}; true`], env, ...walls };
    else entries[`s${at}`] = worker(env, walls);
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

test.each(PLACES)(
  'supergateway 124: SIGTERM with many children, some of them stubborn or behind wrappers%s: nobody is left',
  async (place) => {
    const { home, pids } = crowd(CHILDREN, {}, place);
    const { running } = launch(HTTP, { home });
    await until(() => pidsIn(pids).length >= CHILDREN, 'every server started', 120_000);
    const before = left(home).length;
    const since = performance.now();
    const { code } = await running.stop('SIGTERM', 20_000);
    const exitMs = performance.now() - since;
    const after = left(home).length;
    record(`SIGTERM${place}`, 'servers / processes before', '', `${CHILDREN} / ${before}`);
    record(`SIGTERM${place}`, 'exit after ms', '< 6000', exitMs);
    record(`SIGTERM${place}`, 'processes left', '0', after);
    home.remove();
    expect({ code, after }).toEqual({ code: 0, after: 0 });
    expect(exitMs).toBeLessThan(limit(6000));
  },
  200_000,
);

test.each(PLACES)(
  'metamcp 162: kill -9 of the gateway%s: nobody is left',
  async (place) => {
    const times: number[] = [];
    for (let round = 0; round < KILLS; round++) {
      const { home, pids } = crowd(5, {}, place);
      const { running } = launch(HTTP, { home });
      await until(() => pidsIn(pids).length >= 5, 'every server started', 60_000);
      const since = performance.now();
      running.child.kill('SIGKILL');
      await running.exited;
      times.push(await goneAfter(home, since));
      home.remove();
    }
    record(`kill -9 of the gateway${place}`, 'rounds', '', KILLS);
    record(`kill -9 of the gateway${place}`, 'nobody left after, widest ms', '< 5000', Math.max(...times));
    expect(Math.max(...times)).toBeLessThan(limit(5000));
  },
  400_000,
);

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
