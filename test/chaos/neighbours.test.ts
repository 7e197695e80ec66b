import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { execute, executeError, executeText } from '../support/tools.ts';
import { ANY, FULL, file, memoryOf, pidsIn, printTable, quantile, record, rounds, worker } from './support.ts';

afterAll(printTable);

const ROUNDS = rounds(6, 2);
const CALLS = rounds(1500, 300);

test('agentgateway 138: a server that hangs, one that crashes and one that floods stderr: the calm one does not notice', async () => {
  const home = makeHome({ rules: ANY });
  const [flood, starts] = [file(home, 'flood'), file(home, 'starts')];
  const entries = {
    calm: worker(),
    hang: worker({ MODE: 'hang' }),
    crash: worker({ MODE: 'crash', PIDS_FILE: starts }),
    flood: worker({ MODE: 'flood', FLOOD_FILE: flood }),
  };
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  const gateway = await serveStdio({ home });
  const { rpc, running } = gateway;
  const at = (server: string, more: object = {}) => ({
    agent_id: 'any',
    server,
    tool: 'work',
    args: { id: 'x' },
    ...more,
  });

  const round = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      const began = performance.now();
      await executeText(rpc, at('calm'));
      times.push(performance.now() - began);
    }
    return times;
  };
  /** Calls the bad ones all the time, one after the other each, until told to stop. */
  const disturb = (): (() => Promise<void>) => {
    let over = false;
    writeFileSync(flood, '');
    const loops = ['hang', 'crash', 'flood'].map(async (server) => {
      while (!over) {
        await execute(rpc, at(server, server === 'hang' ? { timeout_ms: 300 } : {}));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    return async () => {
      over = true;
      rmSync(flood, { force: true });
      await Promise.all(loops);
    };
  };

  await round();
  const quiet: number[][] = [];
  const loud: number[][] = [];
  const since = Date.now();
  for (let at = 0; at < ROUNDS; at++) {
    quiet.push(await round());
    const stop = disturb();
    loud.push(await round());
    await stop();
  }
  const minutes = Math.max(1, (Date.now() - since) / 60_000);
  const quietP50 = quantile(quiet.flat(), 0.5);
  const loudP50 = quantile(loud.flat(), 0.5);
  const change = (100 * (loudP50 - quietP50)) / quietP50;
  const widest = Math.max(...quiet.map((times) => quantile(times, 0.99)));
  const loudP99 = quantile(loud.flat(), 0.99);
  const crashes = pidsIn(starts).length;

  record('bad neighbours', 'rounds of each kind x calls', '', `${ROUNDS} x ${CALLS}`);
  record('bad neighbours', 'p50 quiet / disturbed ms', '', `${quietP50.toFixed(3)} / ${loudP50.toFixed(3)}`);
  record('bad neighbours', 'p50 change %', '< 10', change);
  record('bad neighbours', 'p99 disturbed ms', `<= ${(widest * 1.2).toFixed(2)}`, loudP99);
  record('bad neighbours', 'starts of the crashing one a minute', '<= 10', crashes / minutes);
  record('bad neighbours', 'resident memory of the gateway MiB', '', memoryOf(running.pid));
  await gateway.stop();
  expect(crashes / minutes).toBeLessThanOrEqual(10);
  // A short run on a machine that does something else as well says nothing about tenths of a millisecond.
  if (!FULL) return;
  expect(change).toBeLessThan(10);
  expect(loudP99).toBeLessThanOrEqual(widest * 1.2);
}, 600_000);

test('a line without end and 10 MB/s of stderr: memory rises by less than 64 MiB', async () => {
  const home = makeHome({ rules: ANY });
  const flood = file(home, 'flood');
  const entries = {
    calm: worker(),
    endless: worker({ MODE: 'endless' }),
    flood: worker({ MODE: 'flood', FLOOD_FILE: flood }),
  };
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  const gateway = await serveStdio({ home });
  const at = (server: string) => ({ agent_id: 'any', server, tool: 'work', args: { id: 'x' } });
  const calls = async (): Promise<void> => {
    for (let call = 0; call < rounds(5000, 500); call++) await executeText(gateway.rpc, at('calm'));
  };
  const { pid } = gateway.running;
  await executeText(gateway.rpc, at('flood'));
  const first = memoryOf(pid);
  // A program that works takes memory for its young objects: that is no rise that the bad ones cause.
  await calls();
  const before = memoryOf(pid, true);
  writeFileSync(flood, '');
  const error = await executeError(gateway.rpc, at('endless'));
  await calls();
  const rise = memoryOf(pid, true) - before;
  record(
    'hostile output',
    'resident memory after start / after as many calls without them MiB',
    '',
    `${first.toFixed(1)} / ${before.toFixed(1)}`,
  );
  record('hostile output', 'answer to the call of the endless one', 'SERVER_UNAVAILABLE', error);
  record('hostile output', 'rise of resident memory, peak MiB', '< 64', rise);
  await gateway.stop();
  expect(error).toBe('SERVER_UNAVAILABLE');
  expect(rise).toBeLessThan(64);
}, 120_000);
