/** The end of listening behind a load balancer: nobody who was let in is cut off. */
import type { Server } from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** Milliseconds in which the request arrives for which a connection was made. */
const ARRIVE_MS = 250;

/** Accepts connections for `ms` milliseconds, and then no more. Resolves when those have had the time to ask. */
export async function stopListening(server: Server, ms: number): Promise<void> {
  await wait(ms);
  // The system has accepted connections that are taken in the next turn, and would be reset.
  await turn();
  await turn();
  server.close();
  await wait(ARRIVE_MS);
}
