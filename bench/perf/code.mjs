/**
 * What programs of agents cost (`run_code`) over the calls that they make: the first one, an empty one, and each call in one.
 * `node bench/perf/code.mjs [--json]` after a build.
 */
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { MAIN, makeHome } from './gateway.mjs';
import { openPipes } from './pipes.mjs';
import { say } from './say.mjs';
import { median } from './statistics.mjs';

const RUNS = 60;
const CALLS = 40;
const FIRST = 5;
const PAUSE_MS = 25;
const THINKING_MS = 1000;

const ECHO = new URL('peers/echo-stdio.mjs', import.meta.url).pathname;
const servers = { echo: { command: process.execPath, args: [ECHO, '--era', 'modern'] } };
const rules = { agents: { default: { allow: { servers: ['*'] }, code: true } } };
const call = { server: 'echo', tool: 'echo', args: { text: 'hello' } };
const inner = `await tools.call('echo', 'echo', { text: 'hello' });`;

const firsts = [];
for (let round = 0; round < FIRST; round++) {
  const { pipes } = await open();
  // An agent sees `run_code` before it writes a program.
  await pipes.list();
  await pause(THINKING_MS);
  firsts.push(await timed(() => pipes.tool('run_code', { code: 'return 1' })));
  await pipes.close();
}

const { pipes } = await open();
const plain = await many(() => pipes.tool('execute_tool', call));
const empty = await many(() => pipes.tool('run_code', { code: 'return 1' }));
const one = await many(() => pipes.tool('run_code', { code: `${inner} return 1` }));
const loop = `for (let n = 0; n < ${CALLS}; n++) ${inner} return 1`;
const forty = await many(() => pipes.tool('run_code', { code: loop }));
await pipes.close();

const perCall = (forty - one) / (CALLS - 1);
const figures = {
  first_run_ms: rounded(median(firsts)),
  plain_call_ms: rounded(plain),
  empty_run_ms: rounded(empty),
  run_of_one_call_over_the_call_ms: rounded(one - plain),
  inner_call_ms: rounded(perCall),
  inner_call_over_a_plain_call_ms: rounded(perCall - plain),
};
if (process.argv.includes('--json')) say(JSON.stringify(figures));
else for (const [name, ms] of Object.entries(figures)) say(`${name.padEnd(40)}${ms}`);

/** A gateway over stdio whose server has been called. */
async function open() {
  const home = makeHome({ servers, rules });
  const opened = await openPipes(MAIN, home);
  await opened.tool('execute_tool', call);
  return { pipes: opened };
}

async function timed(run) {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

/** Milliseconds of one, as the median of many. */
async function many(run) {
  for (let warm = 0; warm < RUNS / 2; warm++) await run();
  const times = [];
  for (let round = 0; round < RUNS; round++) {
    // An agent thinks before its next program: nothing is left to do of the last one.
    await pause(PAUSE_MS);
    times.push(await timed(run));
  }
  return median(times);
}

function rounded(ms) {
  return Math.round(ms * 1000) / 1000;
}
