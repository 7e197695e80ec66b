/** The lists of all servers: tools, prompts, resources, templates of resources and skills, in one cache for each kind. */
import type { ServerDefinition } from '../config/snapshot.ts';
import { SKILLS } from '../protocol/extensions.ts';
import { ByteBudget } from '../shared/byte-budget.ts';
import type { DefinitionKind, Log, Tenant, UpstreamConnection, Upstreams } from '../upstream/contract.ts';
import type { ListSource } from './cached-list.ts';
import { fetchTools, type ToolList } from './fetch-tools.ts';
import { ListCache } from './list-cache.ts';
import type { DefinitionGuard } from './lock/definition-guard.ts';
import { definitionsOf } from './lock/fetch-definitions.ts';
import { extensionOf, fetchOffers, type OfferList, type Offers } from './prompts-and-resources.ts';
import { shapedOffers, shapedTools, warnOfUnknown } from './shaped-lists.ts';

const PAGE_TIMEOUT_MS = 30_000;
/** A start may take its two minutes, and then the handshake. */
const LEASE_TIMEOUT_MS = 150_000;

/** Characters of the lists of one server, for all who ask, and of all servers: the list that was not asked for longest goes first. */
const MAX_OF_SERVER = 32 * 1024 * 1024;
const MAX_OF_ALL = 192 * 1024 * 1024;

/** The lists whose changes callers are told of. */
export type ListKind = 'tools' | 'prompts' | 'resources';

/** Resources are data, and no definitions. */
const LOCKED: Readonly<Record<OfferList, DefinitionKind | undefined>> = {
  prompts: 'prompt',
  resources: undefined,
  templates: 'template',
  skills: 'skill',
};

export const LIST_KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources'];

interface ServerListsOptions {
  readonly upstreams: Pick<Upstreams, 'lease'>;
  readonly log: Log;
  readonly now: () => number;
  /** A list is there now that somebody waited for in vain. */
  readonly onArrival?: ((server: ServerDefinition, kind: ListKind) => void) | undefined;
  readonly toolsFetched: NonNullable<ListSource<ToolList>['fetched']>;
  readonly toolsFailed: (server: ServerDefinition) => void;
  readonly offersFetched: (server: ServerDefinition, list: OfferList, offers: Offers) => void;
  readonly guard: DefinitionGuard | undefined;
  /** Digests of the tools that a server listed when a gateway last ran, by name. */
  readonly lastTools: (
    server: ServerDefinition,
    tenant: Tenant | undefined,
  ) => Promise<ReadonlyMap<string, string> | undefined>;
}

export class ServerLists {
  readonly tools: ListCache<ToolList>;
  readonly offers: Readonly<Record<OfferList, ListCache<Offers>>>;
  readonly #options: ServerListsOptions;
  readonly #byKind: Readonly<
    Record<ListKind, readonly Pick<ListCache<Offers>, 'invalidate' | 'isMissed' | 'retain'>[]>
  >;
  readonly #late = new Map<string, number>();
  /** Keys of servers that declare skills. */
  readonly #skilled = new Set<string>();
  /** The budget that all caches share. */
  readonly #budget = new ByteBudget({ maxPerOwner: MAX_OF_SERVER, maxTotal: MAX_OF_ALL });

  constructor(options: ServerListsOptions) {
    this.#options = options;
    this.tools = this.#cacheOfTools();
    const prompts = this.#cacheOfOffers('prompts', 'prompts');
    const resources = this.#cacheOfOffers('resources', 'resources');
    const templates = this.#cacheOfOffers('templates', 'resources');
    const skills = this.#cacheOfOffers('skills', 'resources');
    this.offers = { prompts, resources, templates, skills };
    // Files of skills are resources; no notification is of skills alone.
    this.#byKind = { tools: [this.tools], prompts: [prompts], resources: [resources, templates, skills] };
  }

  /** The lists of a server may be out of date. @param kind undefined for all of them */
  invalidate(server: ServerDefinition, kind?: ListKind): void {
    for (const one of kind === undefined ? LIST_KINDS : [kind]) {
      for (const cache of this.#byKind[one]) cache.invalidate(server);
    }
  }

  /** The kinds of list of this server that somebody waited for in vain. */
  missed(server: ServerDefinition): readonly ListKind[] {
    return LIST_KINDS.filter((kind) => this.#byKind[kind].some((cache) => cache.isMissed(server)));
  }

  /** True if a server declared skills when its tools were listed. */
  hasSkills({ key }: ServerDefinition): boolean {
    return this.#skilled.has(key);
  }

  /** Forgets the servers whose key is not in the set. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#skilled) if (!keys.has(key)) this.#skilled.delete(key);
    for (const cache of Object.values(this.#byKind).flat()) cache.retain(keys);
  }

  #cacheOfTools(): ListCache<ToolList> {
    const { toolsFetched, toolsFailed, guard, lastTools } = this.#options;
    const source = this.#source('tools', 'tools');
    return new ListCache<ToolList>({
      ...source,
      fetched: (server, tenant, before, after) =>
        toolsFetched(server, tenant, before && shapedTools(server, before), shapedTools(server, after)),
      failed(server, error) {
        toolsFailed(server);
        source.failed(server, error);
      },
      visible(server, list) {
        const shown = shapedTools(server, list);
        return guard?.visible(server, 'tool', shown) ?? shown;
      },
      fetch: async (server, connection, { tenant, before }) => {
        const list = await fetchTools(connection, {
          server: server.name,
          timeoutMs: PAGE_TIMEOUT_MS,
          hasHeaders: server.link.transport !== 'stdio',
          warn: this.#warnOf(server),
        });
        if (extensionOf(connection.facts.capabilities, SKILLS) !== undefined) {
          // For searches, which start no server.
          this.#skilled.add(server.key);
          this.offers.skills.refresh(server, tenant);
        }
        warnOfUnknown(server, 'tools', list, this.#warnOf(server));
        const known = before && digestsOf(shapedTools(server, before));
        await guard?.arrived(server, 'tool', shapedTools(server, list), {
          connection,
          before: async () => known ?? lastTools(server, tenant),
        });
        return list;
      },
    });
  }

  #cacheOfOffers(list: OfferList, kind: ListKind): ListCache<Offers> {
    const { guard, offersFetched } = this.#options;
    const locked = LOCKED[list];
    const shape = (server: ServerDefinition, offers: Offers): Offers => shapedOffers(server, list, offers);
    return new ListCache<Offers>({
      ...this.#source(list, kind),
      fetched: (server, _tenant, _before, offers) => offersFetched(server, list, offers),
      visible: (server, offers) =>
        locked === undefined || guard === undefined
          ? shape(server, offers)
          : guard.visible(server, locked, shape(server, offers)),
      fetch: async (server, connection, { before }) => {
        const offers = await fetchOffers(connection, list, {
          server: server.name,
          timeoutMs: PAGE_TIMEOUT_MS,
          warn: this.#warnOf(server),
        });
        warnOfUnknown(server, list, offers, this.#warnOf(server));
        const known = before && digestsOf(shape(server, before));
        if (locked !== undefined)
          await guard?.arrived(server, locked, shape(server, offers), { connection, before: async () => known });
        return offers;
      },
    });
  }

  /** A source without what fetches. @param what as messages call the list */
  #source(what: string, kind: ListKind): Omit<ListSource<never>, 'fetch' | 'fetched' | 'visible'> {
    const { log, now, onArrival } = this.#options;
    return {
      what,
      late: this.#late,
      budget: this.#budget,
      now,
      arrived: (server) => onArrival?.(server, kind),
      lease: (server, tenant) => this.#lease(server, tenant),
      failed(server, error) {
        const reason = error instanceof Error ? error.message : '';
        log.debug({ server: server.name, reason }, `the ${what} of a server could not be fetched`);
      },
    };
  }

  /** Any connection will do to list what does not depend on its client; otherwise it must be one like the caller's. */
  #lease(server: ServerDefinition, tenant: Tenant | undefined): Promise<UpstreamConnection> | UpstreamConnection {
    const listing = tenant === undefined || (tenant.capabilities === '{}' && tenant.requestCapabilities === '{}');
    return this.#options.upstreams.lease(server, { timeoutMs: LEASE_TIMEOUT_MS, tenant, listing });
  }

  #warnOf(server: ServerDefinition): (what: string) => void {
    return (what) => this.#options.log.warn({ server: server.name }, what);
  }
}

function digestsOf(list: ToolList | Offers): ReadonlyMap<string, string> {
  return new Map([...definitionsOf(list)].map(([name, { hash }]) => [name, hash]));
}
