/**
 * Bytes that callers make the gateway keep: requests that are being answered, answers that nobody reads, events and results that may
 * be asked for again, calls that wait. One budget for each owner and one for all, so that no caller takes the memory of the others.
 */

/** Bytes for one owner, and for all together. */
const MAX_PER_OWNER = 128 * 1024 * 1024;
const MAX_TOTAL = 256 * 1024 * 1024;
/** Who has more than this part of its own budget does not get this part of the common one: there is always room for the modest. */
const MODEST = 1 / 8;
const RESERVED = 1 / 4;

/** What can be given up when room is needed. */
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

export interface ByteBudget {
  of(owner: string): OwnerBudget;
  /** Bytes in use. */
  readonly used: number;
}

export interface ByteBudgetOptions {
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
}

export function createByteBudget(options: ByteBudgetOptions = {}): ByteBudget {
  const { maxPerOwner = MAX_PER_OWNER, maxTotal = MAX_TOTAL, share = 1 } = options;
  const [perOwner, whole] = [maxPerOwner * share, maxTotal * share];
  const accounts = new Map<string, Account>();
  let used = 0;

  const accountOf = (owner: string): Account => {
    let account = accounts.get(owner);
    if (account === undefined) {
      account = { bytes: 0, kept: new Set(), spared: new Set() };
      accounts.set(owner, account);
    }
    return account;
  };
  const add = (owner: string, bytes: number): void => {
    const account = accountOf(owner);
    account.bytes += bytes;
    used += bytes;
    if (account.bytes === 0) accounts.delete(owner);
  };
  const forget = (owner: string, item: Item): boolean => {
    const account = accounts.get(owner);
    const had = account !== undefined && (account.kept.delete(item) || account.spared.delete(item));
    if (had) add(owner, -item.bytes);
    return had;
  };
  /** @returns false where this owner has nothing that can be given up. */
  const dropOne = (owner: string): boolean => {
    const account = accounts.get(owner);
    const [item] = account === undefined ? [] : account.spared.size > 0 ? account.spared : account.kept;
    if (item === undefined || !forget(owner, item)) return false;
    item.drop();
    return true;
  };
  const mostOf = (): string | undefined => {
    let most: string | undefined;
    let bytes = 0;
    for (const [owner, account] of accounts) {
      if (account.bytes <= bytes || account.kept.size + account.spared.size === 0) continue;
      most = owner;
      bytes = account.bytes;
    }
    return most;
  };
  const makeRoom = (owner: string, bytes: number): boolean => {
    const own = (): number => (accounts.get(owner)?.bytes ?? 0) + bytes;
    while (own() > perOwner) if (!dropOne(owner)) return false;
    const limit = (): number => (own() > perOwner * MODEST ? whole * (1 - RESERVED) : whole);
    while (used + bytes > limit()) {
      const most = mostOf();
      if (most === undefined || !dropOne(most)) return false;
    }
    return true;
  };

  const of = (owner: string): OwnerBudget => ({
    hold(bytes) {
      if (!makeRoom(owner, bytes)) return undefined;
      add(owner, bytes);
      let isHeld = true;
      return () => {
        if (isHeld) add(owner, -bytes);
        isHeld = false;
      };
    },
    keep(bytes, drop) {
      if (!makeRoom(owner, bytes)) return undefined;
      const item = { bytes, drop };
      add(owner, bytes);
      accountOf(owner).kept.add(item);
      const move = (to: 'kept' | 'spared'): void => {
        const account = accounts.get(owner);
        if (account?.kept.delete(item) || account?.spared.delete(item)) account[to].add(item);
      };
      return { release: () => void forget(owner, item), use: () => move('kept'), spare: () => move('spared') };
    },
  });
  return {
    of,
    get used() {
      return used;
    },
  };
}

/** Where nobody counts. */
export const UNBOUNDED: OwnerBudget = createByteBudget({
  maxPerOwner: Number.POSITIVE_INFINITY,
  maxTotal: Number.POSITIVE_INFINITY,
}).of('');
