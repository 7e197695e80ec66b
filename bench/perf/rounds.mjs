/** Interleaved rounds over several targets, so that a busy machine is busy for all of them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exited, rssMb } from './processes.mjs';

const LOAD = fileURLToPath(new URL('load/main.mjs', import.meta.url));
/** Before the first round of a target: until the compilers are done. */
const FIRST_WARM_MS = 1500;
const FIRST_WARM_CALLS = 10_000;
const WARM_MS = 150;

/**
 * @typedef {object} Lane one target of the load
 * @property {string} name
 * @property {number[]} pids of the processes under test
 * @property {number} concurrency
 * @property {object} target what load/requests.mjs needs
 */

/**
 * @param {Lane[]} lanes
 * @param {{rounds: number, seconds: number}} options
 * @param {(lane: Lane, when: 'before' | 'after') => Promise<void>} [around] called around each round of a lane
 * @returns per lane its rounds, and what its processes need in memory afterwards
 */
export async function rounds(lanes, { rounds: count, seconds }, around = async () => {}) {
  const load = fork(LOAD);
  try {
    const rows = lanes.map((lane) => ({ ...lane, idleMb: rssMb(lane.pids), rounds: [] }));
    const jobOf = ({ name, target, concurrency, pids }) => ({ key: name, target, concurrency, pids });
    for (const row of rows)
      await ask(load, { ...jobOf(row), warmMs: FIRST_WARM_MS, warmCalls: FIRST_WARM_CALLS, measureMs: 100 });
    const began = process.hrtime.bigint();
    for (let round = 0; round < count; round++) {
      // Who goes first changes from round to round.
      const order = round % 2 === 0 ? rows : rows.toReversed();
      for (const row of order) {
        await around(row, 'before');
        row.rounds.push(await ask(load, { ...jobOf(row), warmMs: WARM_MS, warmCalls: 0, measureMs: seconds * 1000 }));
        await around(row, 'after');
      }
    }
    for (const row of rows) row.loadedMb = rssMb(row.pids);
    return { rows, began };
  } finally {
    load.disconnect();
    await exited(load);
  }
}

function ask(load, job) {
  return new Promise((resolve, reject) => {
    load.once('message', ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))));
    load.send(job);
  });
}
