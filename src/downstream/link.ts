/** A live connection, made from a peer that has shaken hands. */
import { unavailable } from './failures.ts';
import type { Peer } from './peer.ts';
import { readReply } from './relay.ts';
import type { Link, ServerFacts } from './types.ts';

/** What the pool needs besides the contract. */
export interface ManagedLink extends Link {
  /** Requests without a response so far. */
  readonly pending: number;
  kill(): void;
}

export function createLink(server: string, peer: Peer, facts: () => ServerFacts): ManagedLink {
  return {
    get facts() {
      return facts();
    },
    request: async (method, params, options) => {
      // A tool may work longer than its time-out as long as it reports progress (behaviour section 4).
      const progress = method === 'tools/call';
      return readReply(await peer.call(method, params, { ...options, progress }));
    },
    get closed() {
      return peer.closed !== undefined;
    },
    get pending() {
      return peer.pending;
    },
    close: () => peer.close(unavailable(server, 'was disconnected by the gateway. Try again.')),
    kill: () => peer.kill(),
  };
}
