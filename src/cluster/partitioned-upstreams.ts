/** All servers, each of which belongs to one worker of this gateway. */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { Upstreams } from '../upstream/contract.ts';
import type { ServerBorrower } from './server-borrower.ts';

interface Partition {
  /** Number of the worker to which a server belongs. */
  readonly ownerOf: (server: string) => number;
  /** This worker's. */
  readonly own: number;
  /** The servers of each other worker, by its number. */
  readonly borrowers: ReadonlyMap<number, ServerBorrower>;
}

/** Leases and control go to the owner; status and output are those of this worker. */
export function partitionUpstreams(local: Upstreams, { ownerOf, own, borrowers }: Partition): Upstreams {
  const mine = (servers: ReadonlyMap<string, ServerDefinition>): ReadonlyMap<string, ServerDefinition> =>
    new Map([...servers].filter(([name]) => ownerOf(name) === own));
  return {
    expect: (capabilities) => local.expect(capabilities),
    status: () => local.status(),
    output: (name) => local.output(name),
    kill: () => local.kill(),
    notify(server, tenant, method, params) {
      (borrowers.get(ownerOf(server.name)) ?? local).notify(server, tenant, method, params);
    },
    lease(server, options) {
      const borrower = borrowers.get(ownerOf(server.name));
      return borrower === undefined ? local.lease(server, options) : borrower.lease(server, options);
    },
    retain: (servers) => local.retain(mine(servers)),
    warm: (servers, graceMs) => local.warm(mine(servers), graceMs),
    control(name, what) {
      const borrower = borrowers.get(ownerOf(name));
      if (borrower === undefined) return local.control(name, what);
      // Nobody waits for it: what comes of it is an event of that server.
      borrower.ask('control', [name, what]).catch(() => undefined);
      return true;
    },
    async close() {
      await local.close();
      for (const borrower of borrowers.values()) borrower.close();
    },
  };
}
