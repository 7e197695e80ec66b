import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { executeText } from '../support/tools.ts';
import { ANY, FULL, file, limit, memoryOf, pidsIn, printTable, record, rounds, worker } from './support.ts';

afterAll(printTable);

const SERVERS = rounds(100, 16);
const SILENT = rounds(10, 8);

test('many servers start, some of them in silence: a call to the last one does not wait for the others', async () => {
  const home = makeHome({ rules: ANY });
  const pids = file(home, 'pids');
  const silent = { command: 'sleep', args: ['600'] };
  const entries: Record<string, unknown> = {};
  for (let at = 0; at < SERVERS; at++) entries[`s${at}`] = at < SILENT ? silent : worker({ PIDS_FILE: pids });
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  const began = performance.now();
  const gateway = await serveHttp({ home, args: ['--no-auth'] });
  const rpc = await openHttp(gateway.url, MODERN);
  const called = performance.now();
  const last = { agent_id: 'any', server: `s${SERVERS - 1}`, tool: 'work', args: { id: 'first' } };
  expect(await executeText(rpc, last)).toBe('first');
  const callMs = performance.now() - called;
  // The silent ones keep their turns for ten seconds.
  if (FULL) await until(() => pidsIn(pids).length >= SERVERS - SILENT, 'every other server started', 60_000);
  record('start of many', 'servers / silent ones', '', `${SERVERS} / ${SILENT}`);
  record('start of many', 'call to the last one, ms', '< 3000', callMs);
  record(
    'start of many',
    FULL ? 'all others started after ms' : 'listening and called after ms',
    '',
    performance.now() - began,
  );
  record('start of many', 'resident memory of the gateway MiB', '', memoryOf(gateway.running.pid));
  await gateway.stop();
  expect(callMs).toBeLessThan(limit(3000));
}, 120_000);
