/** All servers, each of which belongs to one worker of this gateway. */
import type { ServerDefinition } from '../../config/types.ts';
import type { Downstream } from '../types.ts';
import type { Borrower } from './borrower.ts';

export interface Division {
  /** Number of the worker to which a server belongs. */
  readonly ownerOf: (server: string) => number;
  /** This worker's. */
  readonly own: number;
  /** What the other workers own; undefined for this one's number. */
  readonly borrowers: ReadonlyMap<number, Borrower>;
}

/** Leases and control go to the owner; status and output are those of this worker. */
export function divided(local: Downstream, { ownerOf, own, borrowers }: Division): Downstream {
  const mine = (servers: ReadonlyMap<string, ServerDefinition>): ReadonlyMap<string, ServerDefinition> =>
    new Map([...servers].filter(([name]) => ownerOf(name) === own));
  return {
    ...local,
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
