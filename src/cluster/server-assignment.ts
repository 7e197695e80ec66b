/** Assigns each server to a worker. */
import type { Owners } from './ipc-messages.ts';

/**
 * Servers that are known stay where they are; new ones go to the worker that has the fewest.
 * @param workers how many there are
 */
export function assign(servers: Iterable<string>, workers: number, before: Owners = new Map()): Owners {
  const owners = new Map<string, number>();
  const counts = Array.from({ length: workers }, () => 0);
  const fresh: string[] = [];
  const give = (server: string, worker: number): void => {
    owners.set(server, worker);
    counts[worker] = (counts[worker] ?? 0) + 1;
  };
  for (const server of servers) {
    const known = before.get(server);
    if (known === undefined) fresh.push(server);
    else give(server, known);
  }
  for (const server of fresh) give(server, counts.indexOf(Math.min(...counts)));
  return owners;
}
