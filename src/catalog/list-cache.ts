/**
 * Lists fetched once and kept per server key: refreshed when the server says so, its time is over, or it was connected anew.
 * Old lists are served while new ones are fetched (2026-07-28, server/utilities/caching).
 */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { ByteBudget, Kept } from '../shared/byte-budget.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { waitFor } from '../shared/wait-for.ts';
import type { Tenant, UpstreamConnection } from '../upstream/contract.ts';
import { hasOwnCredentials } from '../upstream/pool/sharing.ts';

const DEFAULT_TTL_MS = 300_000;
/** Lists of one server that are kept. */
const MAX_ASKERS = 100;
/** Characters that a list counts for besides its own. */
const LIST_SIZE = 1024;
/** Milliseconds that lists and searches wait for one of several servers in all, while it starts. */
const HOPE_MS = 10_000;
/** Milliseconds that each of them waits after that. */
const GRACE_MS = 100;
/** A list is not fetched again sooner than this, except when the server announces a change. */
const MIN_AGE_MS = 5000;

/** What one fetch gave. */
export interface Listing {
  /** Milliseconds the server calls the list fresh for; undefined where it does not say. */
  readonly ttlMs: number | undefined;
  /** Characters that are kept of it. */
  readonly size: number;
}

export interface Wanted {
  /** Milliseconds this caller waits. */
  readonly timeoutMs: number;
  /** The list is one of several: a server that used up such a wait costs the next ones none until its start is over. */
  readonly oneOfMany?: boolean;
  readonly signal?: CancelSignal | undefined;
  /** Who asks: what a server lists may depend on what its client can do. */
  readonly tenant?: Tenant | undefined;
}

export interface ListCache<L> {
  /**
   * The list of a server.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  current(server: ServerDefinition, wanted: Wanted): Promise<L>;
  /** The list of a server where there is one, without waiting. */
  kept(server: ServerDefinition, tenant?: Tenant): L | undefined;
  /** The list fetched anew, for what is not in the one that is kept; undefined where that was done a moment ago. */
  again(server: ServerDefinition, wanted: Wanted): Promise<L | undefined>;
  /** Has a list fetched that is not there, for whoever asks next; not where that was tried a moment ago. */
  refresh(server: ServerDefinition, tenant?: Tenant): void;
  invalidate(server: ServerDefinition): void;
  /** Whether somebody waited in vain for the list of this server. */
  isMissed(server: ServerDefinition): boolean;
  /** Forgets the servers whose key is not in the set. */
  retain(keys: ReadonlySet<string>): void;
}

export interface ListCacheOptions<L> {
  /** What is listed, for messages: `tools`. */
  readonly what: string;
  readonly lease: (
    server: ServerDefinition,
    tenant: Tenant | undefined,
  ) => Promise<UpstreamConnection> | UpstreamConnection;
  readonly fetch: (server: ServerDefinition, link: UpstreamConnection) => Promise<L>;
  /** @param tenant for whom it was fetched. */
  readonly fetched?: (server: ServerDefinition, tenant: Tenant | undefined, before: L | undefined, after: L) => void;
  readonly failed: (server: ServerDefinition, error: unknown) => void;
  /** When somebody began to wait in vain for one of several lists, until a list of that server is there or failed; of all lists of a server. */
  readonly late: Map<string, number>;
  /** A list is there that somebody was told nothing of, because it was late. */
  readonly arrived?: (server: ServerDefinition) => void;
  /** What the lists of a server count for. */
  readonly budget?: Pick<ByteBudget, 'of'>;
  readonly now: () => number;
}

interface Shelf<L> {
  list: L | undefined;
  /** The memory of the list. */
  room: Kept | undefined;
  fetchedAt: number;
  /** When the last attempt began, successful or not. */
  triedAt: number;
  failedAt: number;
  /** Counts invalidations: a list fetched during one is old when it arrives. */
  generation: number;
  stale: boolean;
  /** Somebody waited for it in vain. */
  missed: boolean;
  fetching: Promise<L> | undefined;
  /** Who asked first, and others with the same capabilities since. */
  readonly tenant: Tenant | undefined;
}

export function createListCache<L extends Listing>(options: ListCacheOptions<L>): ListCache<L> {
  const { now, late } = options;
  /** By server key, then by who asks, as far as the list may depend on that. */
  const listCache = new Map<string, Map<string, Shelf<L>>>();

  const shelfOf = (server: ServerDefinition, tenant: Tenant | undefined): Shelf<L> => {
    const asker = askerOf(server, tenant);
    let variants = listCache.get(server.key);
    if (variants === undefined) {
      variants = new Map<string, Shelf<L>>();
      listCache.set(server.key, variants);
    }
    let shelf = variants.get(asker);
    if (shelf === undefined) {
      shelf = { ...EMPTY, tenant };
      variants.set(asker, shelf);
      // Principals may be many; who comes back fetches again.
      for (const [old, gone] of [...variants].slice(0, -MAX_ASKERS)) {
        gone.room?.release();
        variants.delete(old);
      }
    }
    return shelf;
  };

  const put = (server: ServerDefinition, shelf: Shelf<L>, list: L): void => {
    shelf.room?.release();
    shelf.list = list;
    // Who asks when it is gone has it fetched anew.
    const drop = (): void => {
      shelf.list = undefined;
    };
    shelf.room = options.budget?.of(server.name).keep(list.size + LIST_SIZE, drop);
  };

  const fetchInto = async (server: ServerDefinition, shelf: Shelf<L>): Promise<L> => {
    const link = await options.lease(server, shelf.tenant);
    // After the lease: a connection that was just made has invalidated what came before it.
    const { generation } = shelf;
    const before = shelf.list;
    const list = await options.fetch(server, link);
    put(server, shelf, list);
    shelf.fetchedAt = now();
    shelf.stale = shelf.generation !== generation;
    options.fetched?.(server, shelf.tenant, before, list);
    if (shelf.missed) options.arrived?.(server);
    shelf.missed = false;
    return list;
  };

  /** The fetch that is under way, or a new one. */
  const fetchOnce = (server: ServerDefinition, shelf: Shelf<L>): Promise<L> => {
    if (shelf.fetching !== undefined) return shelf.fetching;
    shelf.triedAt = now();
    const fetching = fetchInto(server, shelf).finally(() => {
      shelf.fetching = undefined;
      late.delete(lateKey(server, shelf.tenant));
    });
    shelf.fetching = fetching;
    fetching.catch((error: unknown) => {
      shelf.failedAt = now();
      options.failed(server, error);
    });
    return fetching;
  };

  const isOld = (shelf: Shelf<L>, list: L): boolean => {
    const at = now();
    if (at - shelf.failedAt < MIN_AGE_MS) return false;
    if (shelf.stale) return true;
    const ttlMs = Math.max(MIN_AGE_MS, list.ttlMs ?? DEFAULT_TTL_MS);
    return at - shelf.fetchedAt >= ttlMs && at - shelf.triedAt >= MIN_AGE_MS;
  };

  const wait = (server: ServerDefinition, shelf: Shelf<L>, wanted: Wanted): Promise<L> => {
    const { timeoutMs, oneOfMany = false, signal } = wanted;
    const key = lateKey(server, shelf.tenant);
    const began = now();
    const hope = Math.max(GRACE_MS, (late.get(key) ?? began) + HOPE_MS - began);
    const patience = oneOfMany ? Math.min(hope, timeoutMs) : timeoutMs;
    const tooLate = (): GatewayError => {
      if (oneOfMany && !late.has(key)) late.set(key, began);
      return tooSlow(server.name, options.what);
    };
    return waitFor(fetchOnce(server, shelf), patience, signal, tooLate).catch((error: unknown) => {
      shelf.missed = true;
      throw error;
    });
  };

  const kept = (server: ServerDefinition, tenant?: Tenant): L | undefined => {
    const shelf = shelfOf(server, tenant);
    const { list } = shelf;
    shelf.room?.use();
    if (list !== undefined && isOld(shelf, list)) void fetchOnce(server, shelf).catch(() => undefined);
    return list;
  };

  return {
    current(server, wanted) {
      const list = kept(server, wanted.tenant);
      return list === undefined ? wait(server, shelfOf(server, wanted.tenant), wanted) : Promise.resolve(list);
    },
    kept,
    again(server, wanted) {
      const shelf = shelfOf(server, wanted.tenant);
      // Asking for what does not exist must not keep the server busy.
      if (shelf.fetching === undefined && now() - shelf.triedAt < MIN_AGE_MS) return Promise.resolve(undefined);
      return wait(server, shelf, wanted);
    },
    refresh(server, tenant) {
      const shelf = shelfOf(server, tenant);
      const isDue = shelf.list === undefined && now() - shelf.triedAt >= MIN_AGE_MS;
      if (isDue) void fetchOnce(server, shelf).catch(() => undefined);
    },
    invalidate(server) {
      for (const shelf of listCache.get(server.key)?.values() ?? []) {
        shelf.generation++;
        if (shelf.list !== undefined) shelf.stale = true;
      }
    },
    isMissed: (server) => [...(listCache.get(server.key)?.values() ?? [])].some(({ missed }) => missed),
    retain(keys) {
      for (const [key, variants] of listCache) {
        if (keys.has(key)) continue;
        for (const { room } of variants.values()) room?.release();
        listCache.delete(key);
      }
    },
  };
}

/** Lists that are fetched with the credentials of a principal are its own. */
function askerOf({ link }: ServerDefinition, tenant: Tenant | undefined): string {
  const variant = variantOf(tenant);
  return tenant !== undefined && hasOwnCredentials(link) ? JSON.stringify([tenant.principal, variant]) : variant;
}

function lateKey(server: ServerDefinition, tenant: Tenant | undefined): string {
  return `${server.key}\n${askerOf(server, tenant)}`;
}

/** What a list may depend on of what its client can do: JSON text of capabilities. */
export function variantOf(tenant: Tenant | undefined): string {
  if (tenant === undefined) return '{}';
  const { capabilities, requestCapabilities } = tenant;
  return capabilities === requestCapabilities ? capabilities : capabilities + requestCapabilities;
}

const NEVER = Number.NEGATIVE_INFINITY;
const EMPTY = {
  list: undefined,
  room: undefined,
  fetchedAt: NEVER,
  triedAt: NEVER,
  failedAt: NEVER,
  generation: 0,
  stale: false,
  missed: false,
  fetching: undefined,
};

function tooSlow(server: string, what: string): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" has not listed its ${what} yet; it may still be starting. Try again in a moment.`,
  );
}
