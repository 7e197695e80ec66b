import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { linesOf, makeHome, servers } from '../support/home.ts';
import { type Running, start } from '../support/process.ts';
import { execute } from '../support/tools.ts';
import { ANY, executedTwice, file, httpWorkerPath, printTable, record, rounds } from './support.ts';

afterAll(printTable);

const RESTARTS = rounds(20, 4);

async function startWorker(runs: string, port: string): Promise<{ running: Running; port: string }> {
  const running = start(process.execPath, [httpWorkerPath, port], {
    env: { PATH: process.env.PATH ?? '', RUNS_FILE: runs },
    cwd: process.cwd(),
  });
  const said = await new Promise<string>((resolve, reject) => {
    running.child.stdout?.setEncoding('utf8').once('data', (chunk: string) => resolve(chunk.trim()));
    void running.exited.then(() => reject(new Error(`The worker ended: ${running.stderr()}`)));
  });
  return { running, port: said };
}

test('mcp-proxy 149: restarts of an HTTP server with sessions under load: every later call works, none is executed twice', async () => {
  const home = makeHome({ rules: ANY });
  const runs = file(home, 'runs');
  let { running, port } = await startWorker(runs, '0');
  writeFileSync(home.servers, JSON.stringify(servers({ web: { url: `http://127.0.0.1:${port}/mcp` } })));
  const gateway = await serveStdio({ home });
  let next = 0;
  let lost = 0;
  let laterFailed = 0;
  let over = false;
  /** Counts restarts: odd while the server is down. */
  let phase = 0;
  const call = async (): Promise<void> => {
    const id = `call-${next++}`;
    const began = phase;
    const result = await execute(gateway.rpc, { agent_id: 'any', server: 'web', tool: 'work', args: { id, ms: 10 } });
    if (result.isError !== true) return;
    if (phase === began && began % 2 === 0) laterFailed++;
    else lost++;
  };
  await call();
  const load = Array.from({ length: 8 }, async () => {
    while (!over) await call();
  });
  for (let restart = 0; restart < RESTARTS; restart++) {
    const before = linesOf(runs).length;
    while (linesOf(runs).length < before + 40) await new Promise((resolve) => setTimeout(resolve, 5));
    phase++;
    running.child.kill('SIGKILL');
    await running.exited;
    ({ running } = await startWorker(runs, port));
    phase++;
  }
  for (let at = 0; at < 40; at++) await call();
  over = true;
  await Promise.all(load);
  await running.stop('SIGKILL');
  await gateway.stop();
  const twice = executedTwice(runs).length;
  record(
    'restart of an HTTP server',
    'restarts / calls / lost with the old one',
    '',
    `${RESTARTS} / ${next} / ${lost}`,
  );
  record('restart of an HTTP server', 'later calls failed / executed twice', '0 / 0', `${laterFailed} / ${twice}`);
  expect({ laterFailed, twice }).toEqual({ laterFailed: 0, twice: 0 });
}, 300_000);
