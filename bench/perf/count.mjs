/**
 * What does not depend on the speed of a machine: bytes that a call allocates, reads and writes that it asks the system for, and
 * how much program a start loads.
 * Prints them as JSON; test/gateway-tools/call-cost.test.ts holds them against bounds.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT, makeHome, serversOf, startGateway } from './gateway.mjs';
import { createCaller, MARK } from './load/caller.mjs';
import { callParams, checkAnswer, requestOf } from './load/requests.mjs';
import { makeProbe } from './probed.mjs';
import { startPeer } from './processes.mjs';
import { say } from './say.mjs';
import { INITIALIZE, RULES, until } from './start.mjs';

/** Until the compilers are done with the path of a call. */
const WARM_CALLS = 2000;
const CALLS = 400;
const SIZE = 64;
/** Young objects have so much room in MB that none is collected while it is counted. */
const ROOM = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

const counted = { start: { loadedKb: await countStart() } };
for (const behind of ['http', 'stdio']) counted[behind] = await count(behind);
say(JSON.stringify(counted));

/** KB of program that a gateway over stdio loads for answering `initialize`; no reads are counted, since others go on meanwhile. */
async function countStart() {
  const home = makeHome({ servers: {}, rules: RULES });
  const out = join(home.dir, 'loaded');
  const loaded = new URL('loaded.mjs', import.meta.url);
  loaded.searchParams.set('out', out);
  try {
    await until(home, INITIALIZE, 1, ['--import', loaded.href]);
    return Math.round(Number(readFileSync(out, 'utf8')) / 1024);
  } finally {
    rmSync(home.dir, { recursive: true, force: true });
  }
}

async function count(behind) {
  const started = [];
  const probe = makeProbe();
  try {
    const echo = behind === 'http' ? await startPeer('echo-http') : undefined;
    if (echo !== undefined) started.push(echo);
    const servers = serversOf({ behind, era: 'modern', url: echo?.url });
    const gateway = await startGateway({ servers, node: [...ROOM, ...probe.node] });
    started.push(gateway);
    const [pid] = gateway.pids;
    const calls = await openCaller(gateway);
    await calls(WARM_CALLS);
    const { heapMb } = await probe.ask(pid);
    const before = systemCalls(pid);
    await calls(CALLS);
    const after = systemCalls(pid);
    const { usedBeforeMb } = await probe.ask(pid);
    return {
      allocatedKb: ((usedBeforeMb - heapMb) * 1024) / CALLS,
      reads: (after.reads - before.reads) / CALLS,
      writes: (after.writes - before.writes) / CALLS,
    };
  } finally {
    for (const made of started.reverse()) await made.stop();
    probe.remove();
  }
}

/** @returns a function that makes so many calls, one after the other. */
async function openCaller({ url, token }) {
  const target = { url, token, era: 'modern', mode: 'execute', server: 'echo', agent: AGENT, size: SIZE };
  let numbers = 100_000_000;
  let failed = () => {};
  const caller = createCaller({
    port: Number(new URL(url).port),
    request: requestOf(target, 'tools/call', callParams(target), MARK),
    check: checkAnswer(SIZE),
    next: () => ++numbers,
    failed: (error) => failed(error),
  });
  return (count) =>
    new Promise((resolve, reject) => {
      failed = reject;
      let left = count;
      const next = () => {
        if (left-- === 0) resolve();
        else caller.call(next);
      };
      next();
    });
}

/** Reads and writes that this process asked the system for so far, sockets and pipes included. */
function systemCalls(pid) {
  return { reads: counterOf(pid, 'syscr'), writes: counterOf(pid, 'syscw') };
}

function counterOf(pid, name) {
  return Number(new RegExp(`${name}: (\\d+)`).exec(readFileSync(`/proc/${pid}/io`, 'latin1'))[1]);
}
