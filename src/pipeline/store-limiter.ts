/**
 * The limiter of several gateways: the store counts. While it cannot be reached, each gateway lets through its share of every limit:
 * the limit divided by the gateways that were last seen.
 */
import type { Limits } from '../config/snapshot.ts';
import { keyName, REPLICAS, type SharedStore, StoreUnreachable } from '../store/shared-store.ts';
import { ADMIT, DONE, SETTLE } from './limit-scripts.ts';
import {
  admitParties,
  countsBytes,
  type Done,
  HOUR_MS,
  type LimitedParty,
  type Limiter,
  limited,
  MINUTE_MS,
  partiesOf,
  taken,
  type Usage,
} from './rate-limits.ts';

/** A party, and the part of its use that is in this gateway. */
interface StoreParty extends LimitedParty {
  /** Its level is this gateway's share of what was last seen; calls that run are those of this gateway. */
  readonly usage: Usage;
  readonly key: string;
}

/** Calls and bytes that were let through without the store. */
interface Debt {
  calls: number;
  bytes: number;
}

const LIMITS = ['concurrent_calls', 'calls_per_minute', 'bytes_per_hour'] as const;

export class StoreLimiter implements Limiter {
  readonly #store: SharedStore;
  readonly #now: () => number;
  readonly #usages = new Map<string, Usage>();
  /** As they were last seen, by their paths. */
  readonly #parties = new Map<string, StoreParty>();
  readonly #debts = new Map<string, Debt>();
  /** Grows whenever the store is told anew what runs: what it answers to questions from before says less than that. */
  #settled = 0;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(store: SharedStore, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#now = now;
    store.onReturn(() => void this.#settle());
  }

  admit(...[snapshot, who, request]: Parameters<Limiter['admit']>): Promise<Done | undefined> | Done | undefined {
    const found = partiesOf(snapshot, who, this.#usages);
    if (found === undefined) return undefined;
    const parties = found.map((party) => this.#partyOf(party));
    const bytes = countsBytes(parties) ? request() : 0;
    return this.#store.isUp ? this.#admitAtStore(parties, bytes) : this.#admitShare(parties, bytes);
  }

  async #admitAtStore(parties: readonly StoreParty[], bytes: number): Promise<Done> {
    const settled = this.#settled;
    let answer: readonly (number | string)[];
    try {
      const keys = [REPLICAS, ...parties.map(({ key }) => key)];
      const values = parties.flatMap(({ limits }) => valuesOf(limits));
      answer = (await this.#store.run(ADMIT, keys, ['', this.#store.replica, bytes, ...values])) as typeof answer;
    } catch (error) {
      if (error instanceof StoreUnreachable) return this.#admitShare(parties, bytes);
      throw error;
    }
    const [at, ...more] = answer.map(Number);
    const refused = parties[(at ?? 0) - 1];
    const [which = 0, waitMs = 0] = more;
    if (refused !== undefined) {
      const limit = LIMITS[which - 1] ?? 'concurrent_calls';
      this.#noteRefusal(refused, limit, waitMs, bytes);
      throw limited(refused, limit, waitMs);
    }
    const share = 1 / this.#store.replicas;
    for (const [n, { usage }] of parties.entries()) {
      usage.running++;
      usage.calls = { level: (more[2 * n] ?? 0) * share, at: this.#now() };
      usage.bytes = { level: (more[2 * n + 1] ?? 0) * share, at: this.#now() };
    }
    if (settled !== this.#settled) void this.#settle();
    return this.#doneOf(parties);
  }

  /** Derives the level that is left from the time until there is enough. */
  #noteRefusal({ limits, usage }: StoreParty, limit: (typeof LIMITS)[number], waitMs: number, bytes: number): void {
    const { callsPerMinute = 0, bytesPerHour = 0 } = limits;
    const [at, share] = [this.#now(), 1 / this.#store.replicas];
    if (waitMs <= 0) return;
    if (limit === 'calls_per_minute') usage.calls = { level: (1 - (waitMs * callsPerMinute) / MINUTE_MS) * share, at };
    if (limit === 'bytes_per_hour') usage.bytes = { level: (bytes - (waitMs * bytesPerHour) / HOUR_MS) * share, at };
  }

  /** @throws GatewayError RATE_LIMITED */
  #admitShare(parties: readonly StoreParty[], bytes: number): Done {
    const share = 1 / this.#store.replicas;
    const own = parties.map((party) => ({ ...party, limits: shareOf(party.limits, share) }));
    admitParties(own, bytes, this.#now());
    for (const party of parties) {
      const debt = this.#debtOf(party);
      debt.calls++;
      debt.bytes += bytes;
    }
    return this.#doneOf(parties);
  }

  #doneOf(parties: readonly StoreParty[]): Done {
    return (result) => {
      const bytes = countsBytes(parties) ? result() : 0;
      for (const { usage } of parties) {
        usage.running--;
        if (usage.bytes !== undefined) usage.bytes = taken(usage.bytes, bytes / this.#store.replicas);
      }
      // Calls alone are counted when they begin.
      const told = parties.filter(({ limits }) => (limits.concurrentCalls ?? limits.bytesPerHour) !== undefined);
      if (told.length > 0) void this.#tellDone(told, bytes);
    };
  }

  async #tellDone(parties: readonly StoreParty[], bytes: number): Promise<void> {
    const keys = parties.map(({ key }) => key);
    try {
      await this.#store.run(DONE, keys, ['', this.#store.replica, bytes]);
    } catch {
      // What runs is said anew when it is back.
      for (const party of parties) this.#debtOf(party).bytes += bytes;
    }
  }

  #partyOf({ who, path, limits, usage }: Omit<StoreParty, 'key'>): StoreParty {
    const known = this.#parties.get(path);
    if (known?.limits === limits) return known;
    const party = { who, path, limits, usage, key: keyName('limits', path) };
    this.#parties.set(path, party);
    return party;
  }

  #debtOf({ key }: StoreParty): Debt {
    let debt = this.#debts.get(key);
    if (debt === undefined) {
      debt = { calls: 0, bytes: 0 };
      this.#debts.set(key, debt);
    }
    return debt;
  }

  /** Tells the store what runs here, and what it did not hear of. */
  async #settle(): Promise<void> {
    this.#settled++;
    for (const party of this.#parties.values()) {
      const { key, usage, limits } = party;
      const { callsPerMinute = -1, bytesPerHour = -1, concurrentCalls } = limits;
      const { calls, bytes } = this.#debtOf(party);
      this.#debts.delete(key);
      const running = concurrentCalls === undefined ? 0 : usage.running;
      try {
        const values = ['', this.#store.replica, running, calls, bytes, callsPerMinute, bytesPerHour];
        await this.#store.run(SETTLE, [key], values);
      } catch {
        // It comes back again, and still has to be told.
        const debt = this.#debtOf(party);
        debt.calls += calls;
        debt.bytes += bytes;
        return;
      }
    }
  }
}

function valuesOf({ callsPerMinute = -1, concurrentCalls = -1, bytesPerHour = -1 }: Limits): readonly number[] {
  return [callsPerMinute, concurrentCalls, bytesPerHour];
}

function shareOf({ callsPerMinute, concurrentCalls, bytesPerHour }: Limits, share: number): Limits {
  const part = (limit: number | undefined): number | undefined =>
    limit === undefined ? undefined : Math.max(1, Math.floor(limit * share));
  return {
    callsPerMinute: part(callsPerMinute),
    concurrentCalls: part(concurrentCalls),
    bytesPerHour: part(bytesPerHour),
  };
}
