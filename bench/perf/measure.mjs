/** Measures one scenario: starts what it needs, then interleaved rounds, so that a busy machine is busy for all of them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AGENT, openSession, serversOf, startGateway } from './gateway.mjs';
import { rssMb, startPeer } from './processes.mjs';

const LOAD = fileURLToPath(new URL('load/main.mjs', import.meta.url));
/** Before the first round of a target: until the compilers are done. */
const FIRST_WARM_MS = 1500;
const WARM_MS = 150;
/** Sessions of the 2025 revisions that the connections of a measurement share. */
const SESSIONS = 4;

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {{rounds: number, seconds: number, node?: string[], only?: string[]}} options
 * @returns per target the rounds, and what its processes need in memory
 */
export async function measure(scenario, { rounds, seconds, node = [], only }) {
  const { behind, era, mode, concurrency, size, servers } = scenario;
  const started = [];
  const start = async (starting) => {
    const made = await starting;
    started.push(made);
    return made;
  };
  const load = fork(LOAD);
  try {
    const echo = behind === 'http' ? await start(startPeer('echo-http', '--era', era)) : undefined;
    const targets = {
      floor: async () => {
        const floor = await start(
          behind === 'http' ? startPeer('proxy', '--to', echo.url) : startPeer('bridge', '--era', era),
        );
        return { ...floor, mode: 'plain' };
      },
      gateway: async () => {
        const entries = serversOf({ behind, era, url: echo?.url, count: servers });
        const args = mode === 'direct' ? ['--expose', 'direct'] : [];
        const gateway = await start(startGateway({ servers: entries, args, node }));
        const sessions = era === 'legacy' ? await openSessions(gateway) : undefined;
        return { ...gateway, mode, sessions };
      },
    };
    const rows = [];
    for (const [name, begin] of Object.entries(targets)) {
      if (only !== undefined && !only.includes(name)) continue;
      const { url, token, sessions, mode: way, pids } = await begin();
      const target = { url, token, sessions, era, mode: way, server: 'echo', agent: AGENT, size };
      rows.push({ name, pids, idleMb: rssMb(pids), job: { key: name, target, concurrency, pids }, rounds: [] });
    }
    for (const { job } of rows) await ask(load, { ...job, warmMs: FIRST_WARM_MS, measureMs: 100 });
    const window = { began: process.hrtime.bigint() };
    for (let round = 0; round < rounds; round++) {
      // Who goes first changes from round to round.
      const order = round % 2 === 0 ? rows : rows.toReversed();
      for (const row of order) {
        row.rounds.push(await ask(load, { ...row.job, warmMs: WARM_MS, measureMs: seconds * 1000 }));
      }
    }
    for (const row of rows) row.loadedMb = rssMb(row.pids);
    return { scenario, rows, window };
  } finally {
    load.disconnect();
    for (const made of started.reverse()) await made.stop();
  }
}

function openSessions({ url, token }) {
  return Promise.all(Array.from({ length: SESSIONS }, () => openSession(url, token)));
}

function ask(load, job) {
  return new Promise((resolve, reject) => {
    load.once('message', ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))));
    load.send(job);
  });
}
