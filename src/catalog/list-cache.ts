/**
 * Lists fetched once and kept per server key: refreshed when the server says so, its time is over, or it was connected anew.
 * Old lists are served while new ones are fetched (2026-07-28, server/utilities/caching).
 */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { Tenant } from '../upstream/contract.ts';
import { hasOwnCredentials } from '../upstream/pool/sharing.ts';
import { CachedList, type Listing, type ListOptions, type ListSource } from './cached-list.ts';

/** Lists of one server that are kept. */
const MAX_ASKERS = 100;

export class ListCache<L extends Listing> {
  readonly #source: ListSource<L>;
  /** By server key, then by who asks, as far as the list may depend on that. */
  readonly #lists = new Map<string, Map<string, CachedList<L>>>();

  constructor(source: ListSource<L>) {
    this.#source = source;
  }

  /**
   * The list of a server.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  current(server: ServerDefinition, options: ListOptions): Promise<L> {
    const cached = this.#listOf(server, options.tenant);
    const list = cached.get(server);
    return list === undefined
      ? cached.fetch(server, options).then((fetched) => this.#visible(server, fetched))
      : Promise.resolve(this.#visible(server, list));
  }

  /** The list of a server where there is one, without waiting. */
  kept(server: ServerDefinition, tenant?: Tenant): L | undefined {
    const list = this.#listOf(server, tenant).get(server);
    return list && this.#visible(server, list);
  }

  /** The list fetched anew, for what is not in the one that is kept; undefined where that was done a moment ago. */
  async again(server: ServerDefinition, options: ListOptions): Promise<L | undefined> {
    const list = await this.#listOf(server, options.tenant).fetchAgain(server, options);
    return list && this.#visible(server, list);
  }

  /** Has a list fetched that is not there, for whoever asks next; not where that was tried a moment ago. */
  refresh(server: ServerDefinition, tenant?: Tenant): void {
    this.#listOf(server, tenant).refresh(server);
  }

  invalidate(server: ServerDefinition): void {
    for (const list of this.#lists.get(server.key)?.values() ?? []) list.invalidate();
  }

  /** True where somebody waited in vain for the list of this server. */
  isMissed(server: ServerDefinition): boolean {
    return [...(this.#lists.get(server.key)?.values() ?? [])].some(({ isMissed }) => isMissed);
  }

  /** Forgets the servers whose key is not in the set. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, lists] of this.#lists) {
      if (keys.has(key)) continue;
      for (const list of lists.values()) list.release();
      this.#lists.delete(key);
    }
  }

  #visible(server: ServerDefinition, list: L): L {
    return this.#source.visible?.(server, list) ?? list;
  }

  #listOf(server: ServerDefinition, tenant: Tenant | undefined): CachedList<L> {
    const asker = askerOf(server, tenant);
    let lists = this.#lists.get(server.key);
    if (lists === undefined) {
      lists = new Map<string, CachedList<L>>();
      this.#lists.set(server.key, lists);
    }
    let list = lists.get(asker);
    if (list === undefined) {
      list = new CachedList(this.#source, tenant, `${server.key}\n${asker}`);
      lists.set(asker, list);
      // Principals may be many; who comes back fetches again.
      for (const [key, oldest] of [...lists].slice(0, -MAX_ASKERS)) {
        oldest.release();
        lists.delete(key);
      }
    }
    return list;
  }
}

/** The key of the caller, as far as the list depends on it: lists that are fetched with the credentials of a principal are its own. */
function askerOf({ link }: ServerDefinition, tenant: Tenant | undefined): string {
  const variant = variantOf(tenant);
  return tenant !== undefined && hasOwnCredentials(link) ? JSON.stringify([tenant.owner, variant]) : variant;
}

/** The capabilities of the client that a list may depend on, as JSON text. */
export function variantOf(tenant: Tenant | undefined): string {
  if (tenant === undefined) return '{}';
  const { capabilities, requestCapabilities } = tenant;
  return capabilities === requestCapabilities ? capabilities : capabilities + requestCapabilities;
}
