/**
 * What the servers offer: definitions fetched once, kept per server key, refreshed when the server says so, its time is
 * over, or it was connected anew. Old definitions are served while new ones are fetched.
 */
import { join } from 'node:path';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import { createByteBudget } from '../shared/byte-budget.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { Log, Tenant, Upstreams } from '../upstream/contract.ts';
import { type Checker, createChecker } from './argument-checker.ts';
import type { ListOptions } from './cached-list.ts';
import type { History } from './definition-history.ts';
import { lazyEmbeddingIndex } from './embeddings/lazy-embedding-index.ts';
import { fetchTools, type ToolList } from './fetch-tools.ts';
import { createKeptLists } from './kept-lists.ts';
import { ListCache, variantOf } from './list-cache.ts';
import { createMentions, type Mentions } from './mentioned-resources.ts';
import { fetchOffers, type OfferList, type Offers } from './prompts-and-resources.ts';
import { Searcher } from './search/searcher.ts';
import { createSearchable, type Searchable } from './searchable.ts';
import { createInstructions, type KnownInstructions } from './server-instructions.ts';
import type { ToolEntry } from './tool-entry.ts';
import { createUsageLearner, type UsageLearner } from './usage/learn-usage.ts';
import { openUses } from './usage/usage-file.ts';

const PAGE_TIMEOUT_MS = 30_000;
/** A start may take its two minutes, and then the handshake. */
const LEASE_TIMEOUT_MS = 150_000;

/** Characters of the lists of one server, for all who ask, and of all servers: the list that was not asked for longest goes first. */
const MAX_OF_SERVER = 32 * 1024 * 1024;
const MAX_OF_ALL = 192 * 1024 * 1024;

/** What callers are told of when it changes. */
export type ListKind = 'tools' | 'prompts' | 'resources';

const KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources'];

export interface Catalog {
  /**
   * All tools of a server, in its order.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  tools(server: ServerDefinition, options: ListOptions): Promise<readonly ToolEntry[]>;
  /** The same with the pages on which they stood. */
  toolList(server: ServerDefinition, options: ListOptions): Promise<ToolList>;
  /** The tools where they are known already, without waiting. */
  listed(server: ServerDefinition, tenant?: Tenant): readonly ToolEntry[] | undefined;
  /**
   * One tool by its exact name, at once where it is known; undefined where the server does not list it, also not when asked
   * again.
   * @throws as `tools`
   */
  find(server: ServerDefinition, name: string, options: ListOptions): Promise<ToolEntry | undefined> | ToolEntry;
  /**
   * Prompts, resources or resource templates of a server, in its order.
   * @throws as `tools`
   */
  offers(server: ServerDefinition, list: OfferList, options: ListOptions): Promise<Offers>;
  /** The same fetched anew, for what is not in the list that is kept; undefined where that was done a moment ago. */
  offersAgain(server: ServerDefinition, list: OfferList, options: ListOptions): Promise<Offers | undefined>;
  /** What servers said of themselves, as far as that is known. */
  readonly instructions: Pick<KnownInstructions, 'of'>;
  /** What servers named in results. */
  readonly mentions: Mentions;
  /** Finds tools by what they are for. */
  readonly searcher: Searcher;
  /** What it looks through. */
  readonly searchable: Searchable;
  /** Remembers what was used after which question, for those whose owner wants that. */
  readonly learning: UsageLearner;
  /** Says where arguments do not fit. */
  readonly checker: Checker;
  /** What is cached may be out of date: for the events of upstreams. Without `list`, everything of the server. */
  invalidate(server: ServerDefinition, list?: ListKind): void;
  /** The kinds of list of this server that somebody waited for in vain. */
  missed(server: ServerDefinition): readonly ListKind[];
  /** A configuration is in force: forgets servers that are not in it. */
  retain(next: Pick<Snapshot, 'servers' | 'search'>): void;
  /** Ends what nobody waits for; resolves when everything is written. */
  close(): Promise<void>;
}

export interface CatalogOptions {
  readonly upstreams: Upstreams;
  readonly log: Log;
  /** Told of every list of tools. */
  readonly history: Pick<History, 'listed'>;
  /** Folder for what is kept about tools. */
  readonly cacheDir: string;
  /** Takes known secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Told of every list of tools, with the one before it. */
  readonly onTools?: (server: string, before: readonly ToolEntry[] | undefined, after: readonly ToolEntry[]) => void;
  /** A list is there now that somebody waited for in vain. */
  readonly onArrival?: (server: ServerDefinition, kind: ListKind) => void;
  readonly now?: () => number;
}

export function createCatalog(options: CatalogOptions): Catalog {
  const { upstreams, log, history } = options;
  const late = new Map<string, number>();
  const warnOf = (server: ServerDefinition) => (what: string) => log.warn({ server: server.name }, what);
  const budget = createByteBudget({ maxPerOwner: MAX_OF_SERVER, maxTotal: MAX_OF_ALL });
  const now = options.now ?? (() => performance.now());
  const base = (what: string, kind: ListKind) => ({
    what,
    late,
    arrived: (server: ServerDefinition) => options.onArrival?.(server, kind),
    budget,
    now,
    // Any connection will do to list what does not depend on its client; otherwise it must be one like the caller's.
    lease: (server: ServerDefinition, tenant: Tenant | undefined) =>
      upstreams.lease(server, {
        timeoutMs: LEASE_TIMEOUT_MS,
        tenant,
        listing: tenant === undefined || (tenant.capabilities === '{}' && tenant.requestCapabilities === '{}'),
      }),
    failed(server: ServerDefinition, error: unknown) {
      const reason = error instanceof Error ? error.message : '';
      log.debug({ server: server.name, reason }, `the ${what} of a server could not be fetched`);
    },
  });
  const embeddings = lazyEmbeddingIndex({ cacheDir: options.cacheDir, log });
  const searcher = new Searcher(embeddings);
  const learning = createUsageLearner(openUses(options.cacheDir), log);
  const instructions = createInstructions({
    path: join(options.cacheDir, 'instructions.json'),
    redact: options.redact,
    failed: (error) => log.warn({ err: error }, 'what servers say of themselves could not be written down'),
  });
  const keptLists = createKeptLists({
    folder: join(options.cacheDir, 'lists'),
    redact: options.redact,
    notWritten: (error) => log.warn({ err: error }, 'what the servers list could not be written down'),
  });
  const ofTools = base('tools', 'tools');
  const tools = new ListCache<ToolList>({
    ...ofTools,
    failed(server, error) {
      keptLists.failed(server);
      ofTools.failed(server, error);
    },
    fetched(server, tenant, before, after) {
      const { name, description } = server;
      // Before somebody searches, and not while somebody waits for the list.
      setImmediate(() => searcher.learn({ name, description, entries: after.entries }));
      options.onTools?.(name, before?.entries, after.entries);
      history.listed(server, variantOf(tenant), before, after);
      instructions.listed(server, tenant?.principal ?? '', after.instructions);
      keptLists.listed(server, tenant, after);
    },
    fetch: (server, link) =>
      fetchTools(link, {
        server: server.name,
        timeoutMs: PAGE_TIMEOUT_MS,
        hasHeaders: server.link.transport !== 'stdio',
        warn: warnOf(server),
      }),
  });
  const searchable = createSearchable({ listCache: tools, keptLists, now });
  const offers = (list: OfferList): ListCache<Offers> =>
    new ListCache<Offers>({
      ...base(list, list === 'prompts' ? 'prompts' : 'resources'),
      fetch: (server, link) =>
        fetchOffers(link, list, { server: server.name, timeoutMs: PAGE_TIMEOUT_MS, warn: warnOf(server) }),
    });
  const lists = { prompts: offers('prompts'), resources: offers('resources'), templates: offers('templates') };
  const all = { tools: [tools], prompts: [lists.prompts], resources: [lists.resources, lists.templates] };

  const findAnew = async (
    server: ServerDefinition,
    name: string,
    wanted: ListOptions,
  ): Promise<ToolEntry | undefined> => {
    const entry = (await tools.current(server, wanted)).byName.get(name);
    return entry ?? (await tools.again(server, wanted))?.byName.get(name);
  };

  return {
    tools: async (server, wanted) => (await tools.current(server, wanted)).entries,
    toolList: (server, wanted) => tools.current(server, wanted),
    listed: (server, tenant) => tools.kept(server, tenant)?.entries,
    instructions,
    mentions: createMentions(),
    searcher,
    searchable,
    learning,
    checker: createChecker(log),
    find: (server, name, wanted) =>
      tools.kept(server, wanted.tenant)?.byName.get(name) ?? findAnew(server, name, wanted),
    offers: (server, list, wanted) => lists[list].current(server, wanted),
    offersAgain: (server, list, wanted) => lists[list].again(server, wanted),
    invalidate(server, list) {
      for (const listCache of list === undefined ? Object.values(all).flat() : all[list]) listCache.invalidate(server);
    },
    missed: (server) => KINDS.filter((kind) => all[kind].some((listCache) => listCache.isMissed(server))),
    retain({ servers, search }) {
      embeddings.use(search.embeddings);
      searchable.cancel();
      const keys = new Set([...servers.values()].map(({ key }) => key));
      for (const listCache of Object.values(all).flat()) listCache.retain(keys);
      searcher.retain(new Set(servers.keys()));
    },
    async close() {
      searchable.cancel();
      await Promise.all([embeddings.close(), learning.close(), instructions.settled(), keptLists.settled()]);
    },
  };
}

/** What a call may do with the catalogue. */
export interface TenantCatalog
  extends Pick<
    Catalog,
    'tools' | 'toolList' | 'listed' | 'find' | 'offers' | 'offersAgain' | 'searcher' | 'learning' | 'checker'
  > {
  /** The tools of a server for a search: as `Searchable` says. */
  toSearch(server: ServerDefinition, signal: CancelSignal): Promise<readonly ToolEntry[]>;
  listSoon(servers: readonly ServerDefinition[]): void;
  /** What a server said of itself, as far as that is known. Starts no server and waits for none. */
  instructionsOf(server: ServerDefinition): Promise<string | undefined>;
  /** Takes in what a server answered, for the resources that it names. @param text JSON of the result */
  note(server: ServerDefinition, text: string): void;
  /** Whether a server named a resource in an answer to this tenant. */
  mentions(server: ServerDefinition, uri: string): boolean;
}

/** The catalogue as one tenant sees it. A class, because every call makes one. */
class CatalogOfTenant implements TenantCatalog {
  readonly #catalog: Catalog;
  readonly #tenant: Tenant;

  constructor(catalog: Catalog, tenant: Tenant) {
    this.#catalog = catalog;
    this.#tenant = tenant;
  }

  get searcher() {
    return this.#catalog.searcher;
  }

  get learning() {
    return this.#catalog.learning;
  }

  get checker() {
    return this.#catalog.checker;
  }

  tools(server: ServerDefinition, wanted: ListOptions) {
    return this.#catalog.tools(server, { ...wanted, tenant: this.#tenant });
  }

  toolList(server: ServerDefinition, wanted: ListOptions) {
    return this.#catalog.toolList(server, { ...wanted, tenant: this.#tenant });
  }

  listed(server: ServerDefinition) {
    return this.#catalog.listed(server, this.#tenant);
  }

  toSearch(server: ServerDefinition, signal: CancelSignal) {
    return this.#catalog.searchable.tools(server, this.#tenant, signal);
  }

  listSoon(servers: readonly ServerDefinition[]) {
    this.#catalog.searchable.listSoon(servers, this.#tenant);
  }

  instructionsOf(server: ServerDefinition) {
    return this.#catalog.instructions.of(server, this.#tenant.principal);
  }

  note(server: ServerDefinition, text: string) {
    this.#catalog.mentions.note(server, this.#tenant.principal, text);
  }

  mentions(server: ServerDefinition, uri: string) {
    return this.#catalog.mentions.has(server, this.#tenant.principal, uri);
  }

  find(server: ServerDefinition, name: string, { timeoutMs, signal }: ListOptions) {
    return this.#catalog.find(server, name, { timeoutMs, signal, tenant: this.#tenant });
  }

  offers(server: ServerDefinition, list: OfferList, wanted: ListOptions) {
    return this.#catalog.offers(server, list, { ...wanted, tenant: this.#tenant });
  }

  offersAgain(server: ServerDefinition, list: OfferList, wanted: ListOptions) {
    return this.#catalog.offersAgain(server, list, { ...wanted, tenant: this.#tenant });
  }
}

export function catalogFor(catalog: Catalog, tenant: Tenant): TenantCatalog {
  return new CatalogOfTenant(catalog, tenant);
}
