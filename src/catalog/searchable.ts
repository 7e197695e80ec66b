/**
 * The tools of one server that a search looks through: its list where it is there, and while it starts, what it listed when a gateway last ran.
 * Otherwise the search waits a little; a caller that was told that a server is missing, and searches again, wants all, and waits longer.
 */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Tenant } from '../upstream/contract.ts';
import { partyOf } from '../upstream/pool/sharing.ts';
import type { ToolList } from './fetch-tools.ts';
import type { KeptLists } from './kept-lists.ts';
import type { ListCache } from './list-cache.ts';
import type { ToolEntry } from './tool-entry.ts';

/** Milliseconds that a search waits for a server of which nothing is known. */
const FIRST_MS = 4000;
/** Milliseconds, from when a caller was told that a server is missing, in which its searches wait for that server. */
const AGAIN_MS = 30_000;
/** Milliseconds that each of them waits: less than clients wait for a call. */
const MOST_MS = 25_000;
/** Milliseconds after which servers are listed that the search did not wait for: by then it has its answer. Starts take the time of all. */
const LATER_MS = 250;
/** Callers and servers that are remembered. */
const MAX_TOLD = 10_000;

const NEVER = Number.NEGATIVE_INFINITY;

export interface Searchable {
  /**
   * The tools of a server, for a search.
   * @throws GatewayError TIMEOUT where it still starts, SERVER_UNAVAILABLE, or the reason of the signal.
   */
  tools(server: ServerDefinition, tenant: Tenant, signal: CancelSignal): Promise<readonly ToolEntry[]>;
  /** A search is over: has those of the servers listed whose list is not there. */
  listSoon(servers: readonly ServerDefinition[], tenant: Tenant): void;
  /** Other servers count now, or none: those that were to be listed are not. */
  cancel(): void;
}

interface SearchableOptions {
  readonly listCache: Pick<ListCache<ToolList>, 'current' | 'kept' | 'refresh'>;
  readonly keptLists: Pick<KeptLists, 'of'>;
  readonly now: () => number;
}

export function createSearchable({ listCache, keptLists, now }: SearchableOptions): Searchable {
  /** By caller and server, when the caller was told that it is missing: `NEVER` where it failed, and is not waited for any longer. */
  const told = new Map<string, number>();
  const soon = new Set<NodeJS.Timeout>();

  const tell = (whom: string, at: number): void => {
    told.set(whom, at);
    for (const oldest of told.keys()) {
      if (told.size <= MAX_TOLD) break;
      told.delete(oldest);
    }
  };

  return {
    async tools(server, tenant, signal) {
      const before = await keptLists.of(server, tenant);
      const there = listCache.kept(server, tenant);
      if (there !== undefined) return there.entries;
      if (before !== undefined) return before;
      const whom = `${server.key}\n${partyOf(tenant)}`;
      const left = (told.get(whom) ?? NEVER) + AGAIN_MS - now();
      const patience = left > 0 ? { timeoutMs: Math.min(left, MOST_MS) } : { timeoutMs: FIRST_MS, oneOfMany: true };
      try {
        const { entries } = await listCache.current(server, { ...patience, signal, tenant });
        told.delete(whom);
        return entries;
      } catch (error) {
        const isStarting = error instanceof GatewayError && error.code === 'TIMEOUT';
        if (!isStarting && !signal.aborted) tell(whom, NEVER);
        else if (isStarting && !told.has(whom)) tell(whom, now());
        throw error;
      }
    },
    listSoon(servers, tenant) {
      if (servers.length === 0) return;
      const timer = setTimeout(() => {
        soon.delete(timer);
        for (const server of servers) listCache.refresh(server, tenant);
      }, LATER_MS);
      soon.add(timer.unref());
    },
    cancel() {
      for (const timer of soon) clearTimeout(timer);
      soon.clear();
    },
  };
}
