/**
 * What a call costs whose result is kept (docs/caching.md), next to the same call relayed: processor time of the gateway and of its server, and
 * milliseconds for the caller, for a server that answers at once and for one that works. `node bench/perf/cached.mjs [--json]` after a build. Linux only.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { MAIN, makeHome } from './gateway.mjs';
import { openPipes } from './pipes.mjs';
import { cpuMs } from './processes.mjs';
import { say } from './say.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 5;
const CALLS = 2000;

const ECHO = new URL('peers/echo-stdio.mjs', import.meta.url).pathname;
const entry = (more, delay = 0) => ({
  command: process.execPath,
  args: [ECHO, '--era', 'modern', '--delay', String(delay)],
  tools: { echo: { annotations: { readOnlyHint: true }, ...more } },
});
const servers = { relayed: entry({}), working: entry({}, 2), cached: entry({ cache: { ttl_ms: 3_600_000 } }) };
const rules = { agents: { default: { allow: { servers: ['*'] } } } };
const args = { text: 'x'.repeat(64) };

const pipes = await openPipes(MAIN, makeHome({ servers, rules }));
const call = (server) => pipes.tool('execute_tool', { server, tool: 'echo', args });
/** `working` takes 2 ms to answer, as reading a file or asking another service does. */
const rows = { relayed: [], working: [], cached: [] };
for (let warm = 0; warm < CALLS; warm++) for (const server of Object.keys(rows)) await call(server);
for (let round = 0; round < ROUNDS; round++)
  for (const server of Object.keys(rows)) rows[server].push(await measured(server));
await pipes.close();

const of = (server, key) => median(rows[server].map((row) => row[key]));
const figures = {};
for (const server of Object.keys(rows)) {
  figures[`${server}_call_us`] = rounded(of(server, 'callUs'));
  figures[`${server}_gateway_cpu_us`] = rounded(of(server, 'gatewayUs'));
  figures[`${server}_all_cpu_us`] = rounded(of(server, 'allUs'));
}
for (const server of ['relayed', 'working'])
  figures[`cached_of_${server}`] = rounded(figures.cached_call_us / figures[`${server}_call_us`]);
figures.cached_of_relayed_cpu = rounded(figures.cached_all_cpu_us / figures.relayed_all_cpu_us);
if (process.argv.includes('--json')) say(JSON.stringify(figures));
else for (const [name, value] of Object.entries(figures)) say(`${name.padEnd(28)}${value}`);

/** One call after the other. */
async function measured(server) {
  const family = descendants(pipes.pid);
  const before = { gateway: cpuMs([pipes.pid]), all: cpuMs(family), at: performance.now() };
  for (let count = 0; count < CALLS; count++) await call(server);
  const each = (ms) => (ms * 1000) / CALLS;
  return {
    callUs: each(performance.now() - before.at),
    gatewayUs: each(cpuMs([pipes.pid]) - before.gateway),
    allUs: each(cpuMs(family) - before.all),
  };
}

function descendants(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => descendants(Number(child)))];
}

function rounded(value) {
  return Math.round(value * 100) / 100;
}
