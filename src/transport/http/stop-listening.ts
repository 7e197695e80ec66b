/** The end of listening behind a load balancer: nobody who was let in is cut off. */
import type { Server } from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** Milliseconds in which the request arrives for which a connection was made, at most. */
export const ARRIVE_MS = 2_000;
const STEP_MS = 25;
/** Milliseconds of a turn in which nothing else was done. */
const QUIET_MS = 0.2;
const MOST_TURNS = 200;

/**
 * Accepts connections for `ms` milliseconds, and then no more. Resolves when those have asked for something.
 * @param silent connections that have not yet.
 */
export async function stopListening(server: Server, ms: number, silent: ReadonlySet<unknown>): Promise<void> {
  await wait(ms);
  await quietTurn();
  server.close();
  const since = performance.now();
  while (silent.size > 0 && performance.now() - since < ARRIVE_MS) await wait(STEP_MS);
}

/** Connections that the system has accepted are taken in the next turn, and would be reset: nearly none come in a turn that is short. */
async function quietTurn(): Promise<void> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const from = performance.now();
    await turn();
    if (performance.now() - from < QUIET_MS) return;
  }
}
