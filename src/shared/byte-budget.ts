/**
 * Bytes that callers make the gateway keep: requests that are being answered, answers that nobody reads, events and results that may
 * be asked for again, calls that wait. One budget for each owner and one for all, so that no caller takes the memory of the others.
 */

/** Bytes for one owner, and for all together. */
const MAX_PER_OWNER = 128 * 1024 * 1024;
const MAX_TOTAL = 256 * 1024 * 1024;
/** An owner with more than this part of its own budget does not get this part of the common one: there is always room for the modest. */
const MODEST = 1 / 8;
const RESERVED = 1 / 4;

/** Something that can be given up when room is needed. */
export interface Kept {
  /** It is not needed any more. */
  release(): void;
  /** It was used: the others of its owner go before it. */
  use(): void;
  /** It is hardly needed any more, and goes before the others. */
  spare(): void;
}

/** The budget of one owner. */
export interface OwnerBudget {
  /**
   * Room for what cannot be given up.
   * @returns what gives it back, once; undefined where there is no room.
   */
  hold(bytes: number): (() => void) | undefined;
  /**
   * Room for what can be given up.
   * @param drop gives it up.
   * @returns undefined where there is no room even so.
   */
  keep(bytes: number, drop: () => void): Kept | undefined;
}

interface ByteBudgetOptions {
  readonly maxPerOwner?: number;
  readonly maxTotal?: number;
  /** Part of all limits that is this process's, from 0 to 1. */
  readonly share?: number | undefined;
}

interface Item {
  readonly bytes: number;
  readonly drop: () => void;
}

interface Account {
  bytes: number;
  /** In the order of their use. */
  readonly kept: Set<Item>;
  /** Those that are hardly needed any more. */
  readonly spared: Set<Item>;
  /** The one of the kept that was used last. */
  newest: Item | undefined;
}

/** The budgets of all owners. */
export class ByteBudget {
  readonly #perOwner: number;
  readonly #whole: number;
  readonly #accounts = new Map<string, Account>();
  #used = 0;

  constructor({ maxPerOwner = MAX_PER_OWNER, maxTotal = MAX_TOTAL, share = 1 }: ByteBudgetOptions = {}) {
    this.#perOwner = maxPerOwner * share;
    this.#whole = maxTotal * share;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  of(owner: string): OwnerBudget {
    return { hold: (bytes) => this.#hold(owner, bytes), keep: (bytes, drop) => this.#keep(owner, { bytes, drop }) };
  }

  #hold(owner: string, bytes: number): (() => void) | undefined {
    if (!this.#makeRoom(owner, bytes)) return undefined;
    this.#add(owner, bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(owner, -bytes);
      isHeld = false;
    };
  }

  #keep(owner: string, item: Item): Kept | undefined {
    if (!this.#makeRoom(owner, item.bytes)) return undefined;
    const account = this.#add(owner, item.bytes);
    account.kept.add(item);
    account.newest = item;
    const move = (to: 'kept' | 'spared'): void => {
      const now = this.#accounts.get(owner);
      // What is used again and again is the newest already.
      if (now === undefined || (to === 'kept' && now.newest === item)) return;
      if (!now.kept.delete(item) && !now.spared.delete(item)) return;
      now[to].add(item);
      if (to === 'kept') now.newest = item;
      else if (now.newest === item) now.newest = undefined;
    };
    return { release: () => void this.#forget(owner, item), use: () => move('kept'), spare: () => move('spared') };
  }

  #add(owner: string, bytes: number): Account {
    const account = this.#accounts.get(owner) ?? { bytes: 0, kept: new Set(), spared: new Set(), newest: undefined };
    account.bytes += bytes;
    this.#used += bytes;
    if (account.bytes === 0) this.#accounts.delete(owner);
    else this.#accounts.set(owner, account);
    return account;
  }

  #forget(owner: string, item: Item): boolean {
    const account = this.#accounts.get(owner);
    const had = account !== undefined && (account.kept.delete(item) || account.spared.delete(item));
    if (had) this.#add(owner, -item.bytes);
    if (had && account.newest === item) account.newest = undefined;
    return had;
  }

  #makeRoom(owner: string, bytes: number): boolean {
    const own = (): number => (this.#accounts.get(owner)?.bytes ?? 0) + bytes;
    while (own() > this.#perOwner) if (!this.#dropOne(owner)) return false;
    const limit = (): number => (own() > this.#perOwner * MODEST ? this.#whole * (1 - RESERVED) : this.#whole);
    while (this.#used + bytes > limit()) {
      const largest = this.#largest();
      if (largest === undefined || !this.#dropOne(largest)) return false;
    }
    return true;
  }

  /** The owner with the most bytes among those who have something that can be given up. */
  #largest(): string | undefined {
    let largest: string | undefined;
    let most = 0;
    for (const [owner, { bytes, kept, spared }] of this.#accounts) {
      if (bytes <= most || kept.size + spared.size === 0) continue;
      largest = owner;
      most = bytes;
    }
    return largest;
  }

  /** @returns false where this owner has nothing that can be given up. */
  #dropOne(owner: string): boolean {
    const account = this.#accounts.get(owner);
    const [item] = account === undefined ? [] : account.spared.size > 0 ? account.spared : account.kept;
    if (item === undefined || !this.#forget(owner, item)) return false;
    item.drop();
    return true;
  }
}

/** A budget without limits. */
export const UNBOUNDED: OwnerBudget = new ByteBudget({
  maxPerOwner: Number.POSITIVE_INFINITY,
  maxTotal: Number.POSITIVE_INFINITY,
}).of('');
