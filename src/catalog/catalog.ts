/**
 * What the servers offer: definitions fetched once, kept per server key, refreshed when the server says so, its time is
 * over, or it was connected anew. Old definitions are served while new ones are fetched.
 */
import type { ServerDefinition } from '../config/types.ts';
import type { Downstream, Log } from '../downstream/types.ts';
import { waitFor } from '../downstream/wait.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Change, changeBetween } from './change.ts';
import type { ToolEntry } from './entry.ts';
import { fetchTools, type ToolList } from './fetch.ts';

export type { ToolEntry } from './entry.ts';

const DEFAULT_TTL_MS = 300_000;
/** A list is not fetched again sooner than this, except when the server announces a change. */
const MIN_AGE_MS = 5000;
const PAGE_TIMEOUT_MS = 30_000;
/** A start may take its two minutes, and then the handshake. */
const LEASE_TIMEOUT_MS = 150_000;

export interface ToolsOptions {
  /** Milliseconds this caller waits. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Catalog {
  /**
   * All tools of a server, in its order.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  tools(server: ServerDefinition, options: ToolsOptions): Promise<readonly ToolEntry[]>;
  /**
   * One tool by its exact name; undefined where the server does not list it, also not when asked again.
   * @throws as `tools`
   */
  find(server: ServerDefinition, name: string, options: ToolsOptions): Promise<ToolEntry | undefined>;
  /** What is cached may be out of date: for `connected` and `toolsChanged` of the downstream events. */
  invalidate(server: ServerDefinition): void;
  /** Forgets servers that are not in the map. */
  retain(servers: ReadonlyMap<string, ServerDefinition>): void;
}

export interface CatalogOptions {
  readonly downstream: Downstream;
  readonly log: Log;
  /** Definitions differ from what was listed before. */
  readonly onChange: (change: Change) => void;
  readonly now?: () => number;
}

interface Shelf {
  readonly server: ServerDefinition;
  list: ToolList | undefined;
  fetchedAt: number;
  /** When the last attempt began, successful or not. */
  triedAt: number;
  failedAt: number;
  /** Counts invalidations: a list fetched during one is old when it arrives. */
  generation: number;
  stale: boolean;
  fetching: Promise<ToolList> | undefined;
}

export function createCatalog(options: CatalogOptions): Catalog {
  const { downstream, log, onChange } = options;
  const now = options.now ?? Date.now;
  const shelves = new Map<string, Shelf>();

  const shelfOf = (server: ServerDefinition): Shelf => {
    let shelf = shelves.get(server.key);
    if (shelf === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      shelf = {
        server,
        list: undefined,
        fetchedAt: never,
        triedAt: never,
        failedAt: never,
        generation: 0,
        stale: false,
        fetching: undefined,
      };
      shelves.set(server.key, shelf);
    }
    return shelf;
  };

  const fetchInto = async (shelf: Shelf): Promise<ToolList> => {
    const { server } = shelf;
    const link = await downstream.lease(server, { timeoutMs: LEASE_TIMEOUT_MS });
    // After the lease: a connection that was just made has invalidated what came before it.
    const { generation } = shelf;
    const list = await fetchTools(link, {
      server: server.name,
      timeoutMs: PAGE_TIMEOUT_MS,
      hasHeaders: server.link.transport !== 'stdio',
      warn: (what) => log.warn({ server: server.name }, what),
    });
    const change = shelf.list === undefined ? undefined : changeBetween(server, shelf.list, list);
    shelf.list = list;
    shelf.fetchedAt = now();
    shelf.stale = shelf.generation !== generation;
    if (change !== undefined) onChange(change);
    return list;
  };

  /** The fetch that is under way, or a new one. */
  const refresh = (shelf: Shelf): Promise<ToolList> => {
    if (shelf.fetching !== undefined) return shelf.fetching;
    shelf.triedAt = now();
    const fetching = fetchInto(shelf).finally(() => {
      shelf.fetching = undefined;
    });
    shelf.fetching = fetching;
    fetching.catch((error: unknown) => {
      shelf.failedAt = now();
      const reason = error instanceof Error ? error.message : '';
      log.debug({ server: shelf.server.name, reason }, 'the tools of a server could not be fetched');
    });
    return fetching;
  };

  const isOld = (shelf: Shelf, list: ToolList): boolean => {
    if (now() - shelf.failedAt < MIN_AGE_MS) return false;
    if (shelf.stale) return true;
    const ttlMs = Math.max(MIN_AGE_MS, list.ttlMs ?? DEFAULT_TTL_MS);
    return now() - shelf.fetchedAt >= ttlMs && now() - shelf.triedAt >= MIN_AGE_MS;
  };

  const current = (server: ServerDefinition, { timeoutMs, signal }: ToolsOptions): Promise<ToolList> => {
    const shelf = shelfOf(server);
    const { list } = shelf;
    if (list !== undefined) {
      // Old definitions while new ones are fetched (2026-07-28, server/utilities/caching).
      if (isOld(shelf, list)) void refresh(shelf).catch(() => undefined);
      return Promise.resolve(list);
    }
    return waitFor(refresh(shelf), timeoutMs, signal, () => tooSlow(server.name));
  };

  return {
    tools: async (server, wanted) => (await current(server, wanted)).entries,
    async find(server, name, wanted) {
      const list = await current(server, wanted);
      const entry = list.byName.get(name);
      if (entry !== undefined) return entry;
      const shelf = shelfOf(server);
      // Perhaps it is new; asking for what does not exist must not keep the server busy.
      if (shelf.fetching === undefined && now() - shelf.triedAt < MIN_AGE_MS) return undefined;
      const fresh = await waitFor(refresh(shelf), wanted.timeoutMs, wanted.signal, () => tooSlow(server.name));
      return fresh.byName.get(name);
    },
    invalidate(server) {
      const shelf = shelves.get(server.key);
      if (shelf === undefined) return;
      shelf.generation++;
      if (shelf.list !== undefined) shelf.stale = true;
    },
    retain(servers) {
      const kept = new Set([...servers.values()].map(({ key }) => key));
      for (const key of shelves.keys()) if (!kept.has(key)) shelves.delete(key);
    },
  };
}

function tooSlow(server: string): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" has not listed its tools yet; it may still be starting. Try again in a moment.`,
  );
}
