import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { linesOf, makeHome, servers } from '../support/home.ts';
import { signalTo, until } from '../support/process.ts';
import { execute } from '../support/tools.ts';
import { ANY, executedTwice, file, limit, pidsIn, printTable, record, rounds, worker } from './support.ts';

afterAll(printTable);

const ROUNDS = rounds(100, 8);

test('metamcp 264: kill -9 of a server under load: its calls fail at once, the next ones work, nothing is executed twice', async () => {
  const home = makeHome({ rules: ANY });
  const [runs, pids] = [file(home, 'runs'), file(home, 'pids')];
  const entry = worker({ RUNS_FILE: runs, PIDS_FILE: pids });
  writeFileSync(home.servers, JSON.stringify(servers({ worker: entry })));
  const gateway = await serveStdio({ home });
  let next = 0;
  let succeeded = 0;
  const work = async (ms: number): Promise<{ ok: boolean; id: string; text: string }> => {
    const id = `call-${next++}`;
    const result = await execute(gateway.rpc, { agent_id: 'any', server: 'worker', tool: 'work', args: { id, ms } });
    const text = result.content[0]?.text ?? '';
    const ok = result.isError !== true;
    if (ok) {
      expect(text).toBe(id);
      succeeded++;
    }
    return { ok, id, text };
  };

  const began = performance.now();
  expect((await work(0)).ok).toBe(true);
  const startMs = performance.now() - began;

  let failed = 0;
  const failMs: number[] = [];
  const againMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const target = pidsIn(pids).at(-1);
    const inFlight = Array.from({ length: 10 }, async () => {
      const { ok, text } = await work(5000);
      expect(ok).toBe(false);
      expect(text).toContain('SERVER_UNAVAILABLE');
      return performance.now();
    });
    const before = linesOf(runs).length;
    await until(
      () => linesOf(runs).length >= before + 10 || linesOf(runs).length >= next,
      'all calls reached the server',
    );
    const killed = performance.now();
    signalTo(target, 'SIGKILL');
    for (const at of await Promise.all(inFlight)) {
      failed++;
      failMs.push(at - killed);
    }
    const again = performance.now();
    expect((await work(0)).ok).toBe(true);
    againMs.push(performance.now() - again);
  }
  await gateway.stop();

  const twice = executedTwice(runs).length;
  record('kill -9 of a server', 'rounds / calls in flight', '', `${ROUNDS} / ${failed}`);
  record('kill -9 of a server', 'failure after exit, widest ms', '< 250', Math.max(...failMs));
  record('kill -9 of a server', 'next call, widest ms', `< ${Math.round(2000 + startMs)}`, Math.max(...againMs));
  record('kill -9 of a server', 'calls that succeeded / executed twice', '- / 0', `${succeeded} / ${twice}`);
  expect(Math.max(...failMs)).toBeLessThan(limit(250));
  expect(Math.max(...againMs)).toBeLessThan(limit(2000 + startMs));
  expect(twice).toBe(0);
}, 600_000);
