/** Leases of another worker's servers: remembered, so that each is asked for once. */
import type { Frames } from './remote-frames.ts';

/** Leases that are remembered; those used longest ago are given up first. */
const MAX_LEASES = 2_000;

/** Milliseconds in which a lease can still be used by those that have it, once nobody gets it any more. */
const GRACE_MS = 1_000;

export interface RemoteLease {
  /** By this number the other worker knows it. */
  readonly id: number;
  /** Of the definition of its server. */
  readonly key: string;
  /** To the worker that gave it; undefined for a server that the configuration has no more. */
  readonly from: Frames | undefined;
  closed: boolean;
}

export class RemoteLeases<Lease extends RemoteLease> {
  /** By server and tenant, in the order of their use. */
  readonly #leases = new Map<string, Lease>();
  readonly #current: () => Frames | undefined;

  /** @param current the way to the other worker; undefined where there is none */
  constructor(current: () => Frames | undefined) {
    this.#current = current;
  }

  /** The lease of a server and tenant, where there is one. */
  find(who: string): Lease | undefined {
    const lease = this.#leases.get(who);
    if (lease === undefined) return undefined;
    this.#leases.delete(who);
    this.#leases.set(who, lease);
    return lease;
  }

  /** @returns the one to use: another call may have asked for the same at the same time. */
  remember(who: string, lease: Lease): Lease {
    const same = this.#leases.get(who);
    if (same !== undefined) {
      lease.from?.send(['drop', lease.id]);
      return same;
    }
    for (const [oldest, old] of this.#leases) {
      if (this.#leases.size < MAX_LEASES) break;
      this.#giveUp(oldest, old);
    }
    this.#leases.set(who, lease);
    return lease;
  }

  /** The connections that a server had are other ones now: whoever asks next gets a lease of those. */
  forget(key: string): void {
    for (const [who, lease] of this.#leases) if (lease.key === key) this.#giveUp(who, lease);
  }

  /** The worker that gave them is gone. */
  clear(): void {
    this.#leases.clear();
  }

  /** @returns the way to send something under a lease; undefined where it is over */
  wayOf(lease: Lease): Frames | undefined {
    // Not to a worker that was started after the one that gave it.
    return lease.closed || lease.from !== this.#current() ? undefined : lease.from;
  }

  /** Nobody gets the lease any more; who has just got it may still send its request. */
  #giveUp(who: string, lease: Lease): void {
    this.#leases.delete(who);
    setTimeout(() => {
      this.wayOf(lease)?.send(['drop', lease.id]);
      lease.closed = true;
    }, GRACE_MS).unref();
  }
}
