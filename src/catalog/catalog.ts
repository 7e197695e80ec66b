/**
 * The offers of the servers: definitions fetched once, kept per server key, refreshed when the server says so, its time is
 * over, or it was connected anew. Old definitions are served while new ones are fetched.
 */
import { join } from 'node:path';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import type { Log, Tenant, Upstreams } from '../upstream/contract.ts';
import { type Checker, createChecker } from './argument-checker.ts';
import type { ListOptions } from './cached-list.ts';
import type { History } from './definition-history.ts';
import { lazyEmbeddingIndex } from './embeddings/lazy-embedding-index.ts';
import type { ToolList } from './fetch-tools.ts';
import { createKeptLists, type KeptLists } from './kept-lists.ts';
import type { KnownSkills } from './known-skills.ts';
import { variantOf } from './list-cache.ts';
import type { DefinitionGuard } from './lock/definition-guard.ts';
import { type LazyMeaning, lazyMeaningModel } from './meaning/lazy-meaning-model.ts';
import { createMentions, type Mentions } from './mentioned-resources.ts';
import type { Offer, OfferList, Offers } from './prompts-and-resources.ts';
import { type LazySearcher, lazySearcher } from './search/lazy-searcher.ts';
import { createSearchable, type Searchable } from './searchable.ts';
import { createInstructions, type KnownInstructions } from './server-instructions.ts';
import { type ListKind, ServerLists } from './server-lists.ts';
import { shapedEntries } from './shaped-lists.ts';
import type { ToolEntry } from './tool-entry.ts';
import type { AskOthers } from './unlisted-resources.ts';
import { createUsageLearner, type UsageLearner } from './usage/learn-usage.ts';
import { openUses } from './usage/usage-file.ts';

interface CatalogOptions {
  readonly upstreams: Upstreams;
  readonly log: Log;
  /** Told of every list of tools. */
  readonly history: Pick<History, 'listed' | 'known'>;
  /** The part of all lists that counts; everything where this is left out. */
  readonly guard?: DefinitionGuard | undefined;
  /** Folder for what is kept about tools. */
  readonly cacheDir: string;
  /** Takes known secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Told of every list of tools, with the one before it. */
  readonly onTools?: (server: string, before: readonly ToolEntry[] | undefined, after: readonly ToolEntry[]) => void;
  /** A list is there now that somebody waited for in vain. */
  readonly onArrival?: (server: ServerDefinition, kind: ListKind) => void;
  /** Other processes of this gateway; undefined where there is none. */
  readonly others?: AskOthers | undefined;
  readonly now?: () => number;
}

/** Milliseconds that a search waits for the skills of a server. */
const SKILLS_MS = 1_000;

export class Catalog {
  /** The resources that servers named in results. */
  readonly mentions: Mentions = createMentions();
  /** Finds tools by what they are for. */
  readonly searcher: LazySearcher;
  /** The same for skills. */
  readonly skillSearcher: LazySearcher;
  /** The tools that it looks through. */
  readonly searchable: Searchable;
  /** Remembers what was used after which question, for those whose owner wants that. */
  readonly learning: UsageLearner;
  /** Says where arguments do not fit. */
  readonly checker: Checker;
  readonly #options: CatalogOptions;
  readonly #lists: ServerLists;
  readonly #embeddings: ReturnType<typeof lazyEmbeddingIndex>;
  readonly #meaning: LazyMeaning;
  readonly #instructions: KnownInstructions;
  readonly #keptLists: KeptLists;
  readonly #changes = new Map<string, number>();
  #knownSkills: Promise<KnownSkills> | undefined;

  constructor(options: CatalogOptions) {
    const { cacheDir, log, redact, now = () => performance.now() } = options;
    this.#options = options;
    this.#embeddings = lazyEmbeddingIndex({ cacheDir, log });
    this.#meaning = lazyMeaningModel({ cacheDir, log });
    this.searcher = lazySearcher(this.#embeddings, this.#meaning.load);
    this.skillSearcher = lazySearcher(this.#embeddings, this.#meaning.load);
    this.learning = createUsageLearner(openUses(cacheDir), log);
    this.checker = createChecker(log);
    this.#instructions = createInstructions({
      path: join(cacheDir, 'instructions.json'),
      redact,
      failed: (error) => log.warn({ err: error }, 'what servers say of themselves could not be written down'),
    });
    this.#keptLists = createKeptLists({
      folder: join(cacheDir, 'lists'),
      redact,
      notWritten: (error) => log.warn({ err: error }, 'what the servers list could not be written down'),
    });
    this.#lists = new ServerLists({
      upstreams: options.upstreams,
      log,
      now,
      onArrival: options.onArrival,
      toolsFetched: (server, tenant, before, after) => this.#toolsFetched(server, tenant, before, after),
      toolsFailed: (server) => this.#keptLists.failed(server),
      offersFetched: (...fetched) => this.#keptLists.offered(...fetched),
      guard: options.guard,
      lastTools: async (server, tenant) => (await options.history.known(server, variantOf(tenant)))?.tools,
    });
    this.searchable = createSearchable({
      listCache: this.#lists.tools,
      keptLists: { of: (server, tenant) => this.#keptTools(server, tenant) },
      now,
    });
  }

  /** The introductions of servers, as far as they are known. */
  get instructions(): Pick<KnownInstructions, 'of'> {
    return this.#instructions;
  }

  /**
   * All tools of a server, in its order.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  async tools(server: ServerDefinition, options: ListOptions): Promise<readonly ToolEntry[]> {
    return (await this.#lists.tools.current(server, options)).entries;
  }

  /** The same with the pages on which they stood. */
  toolList(server: ServerDefinition, options: ListOptions): Promise<ToolList> {
    return this.#lists.tools.current(server, options);
  }

  /** The tools where they are known already, without waiting. */
  listed(server: ServerDefinition, tenant?: Tenant): readonly ToolEntry[] | undefined {
    return this.#lists.tools.kept(server, tenant)?.entries;
  }

  /**
   * One tool by its exact name, at once where it is known; undefined where the server does not list it, also not when asked
   * again.
   * @throws as `tools`
   */
  find(server: ServerDefinition, name: string, options: ListOptions): Promise<ToolEntry | undefined> | ToolEntry {
    return this.#lists.tools.kept(server, options.tenant)?.byName.get(name) ?? this.#findAnew(server, name, options);
  }

  /**
   * Prompts, resources or resource templates of a server, in its order.
   * @throws as `tools`
   */
  offers(server: ServerDefinition, list: OfferList, options: ListOptions): Promise<Offers> {
    return this.#lists.offers[list].current(server, options);
  }

  /** The same fetched anew, for what is not in the list that is kept; undefined where that was done a moment ago. */
  offersAgain(server: ServerDefinition, list: OfferList, options: ListOptions): Promise<Offers | undefined> {
    return this.#lists.offers[list].again(server, options);
  }

  /** The skills that servers were asked for one by one; few are. */
  knownSkills(): Promise<KnownSkills> {
    this.#knownSkills ??= import('./known-skills.ts').then((loaded) => new loaded.KnownSkills());
    return this.#knownSkills;
  }

  /** Has what other processes know of a URI taken in; undefined where there are none. Never rejects. */
  learnUnlisted(server: ServerDefinition, owner: string, uri: string): Promise<void> | undefined {
    const { others } = this.#options;
    return others && import('./unlisted-resources.ts').then((it) => it.learnUnlisted(this, others, server, owner, uri));
  }

  /** True if a server declared skills when its tools were listed. */
  hasSkills(server: ServerDefinition): boolean {
    return this.#lists.hasSkills(server);
  }

  /** The skills of a server for a search: those that are known, or are there in a moment. */
  async skillsToSearch(server: ServerDefinition, options: Omit<ListOptions, 'timeoutMs'>): Promise<readonly Offer[]> {
    const { skills } = this.#lists.offers;
    const list = skills.kept(server, options.tenant);
    if (list !== undefined) return list.entries;
    return skills.current(server, { ...options, timeoutMs: SKILLS_MS, oneOfMany: true }).then(
      ({ entries }) => entries,
      () => [],
    );
  }

  /** True if something is not there because its definition waits for the owner. */
  isHeld(server: ServerDefinition, list: 'tools' | OfferList, name: string, tenant?: Tenant): boolean {
    const cache = list === 'tools' ? this.#lists.tools : this.#lists.offers[list];
    return cache.kept(server, tenant)?.held?.has(name) === true;
  }

  /** True if the entry of a skill that a server answered counts: it is what was accepted, or nobody has to accept it. */
  countsAsSkill(server: ServerDefinition, { key, hash }: Pick<Offer, 'key' | 'hash'>): boolean {
    return this.#options.guard?.heldOf(server, 'skill', [[key, hash]]).length !== 1;
  }

  /** The instructions of a server, as far as they count. @throws as `tools` */
  async instructionsNow(
    server: ServerDefinition,
    instructions: string | undefined,
    options: ListOptions,
  ): Promise<string | undefined> {
    const { guard } = this.#options;
    if (guard === undefined || server.definitions === undefined) return instructions;
    // A server that was never seen is looked at with its list.
    await this.#lists.tools.current(server, options);
    return guard.countsAsInstructions(server, instructions) ? instructions : undefined;
  }

  /** Marks what is cached as out of date: for the events of upstreams. Without `kind`, everything of the server. */
  invalidate(server: ServerDefinition, kind?: ListKind): void {
    this.#lists.invalidate(server, kind);
  }

  /** Something that a server has is another one: what was kept of its answers counts no longer. */
  changed(server: string): void {
    this.#changes.set(server, this.changesOf(server) + 1);
  }

  /** The number of such changes so far. */
  changesOf(server: string): number {
    return this.#changes.get(server) ?? 0;
  }

  /** The kinds of list of this server that somebody waited for in vain. */
  missed(server: ServerDefinition): readonly ListKind[] {
    return this.#lists.missed(server);
  }

  /** A configuration is in force: forgets servers that are not in it. */
  retain({ servers, virtual, search }: Pick<Snapshot, 'servers' | 'virtual' | 'search'>): void {
    this.#embeddings.use(search.embeddings);
    this.searchable.cancel();
    this.#lists.retain(new Set([...servers.values()].map(({ key }) => key)));
    for (const searcher of [this.searcher, this.skillSearcher])
      searcher.retain(new Set([...servers.keys(), ...(virtual?.keys() ?? [])]));
  }

  /** Ends what nobody waits for; resolves when everything is written. */
  async close(): Promise<void> {
    this.searchable.cancel();
    const writing = [this.#instructions.settled(), this.#keptLists.settled()];
    await Promise.all([this.#embeddings.close(), this.#meaning.close(), this.learning.close(), ...writing]);
  }

  async #keptTools(server: ServerDefinition, tenant: Tenant | undefined): Promise<readonly ToolEntry[] | undefined> {
    const kept = await this.#keptLists.of(server, tenant);
    const entries = kept && shapedEntries(server, kept);
    return entries && (this.#options.guard?.visibleTools(server, entries) ?? entries);
  }

  #visible(server: ServerDefinition, list: ToolList): ToolList {
    return this.#options.guard?.visible(server, 'tool', list) ?? list;
  }

  async #findAnew(server: ServerDefinition, name: string, options: ListOptions): Promise<ToolEntry | undefined> {
    const { tools } = this.#lists;
    const entry = (await tools.current(server, options)).byName.get(name);
    return entry ?? (await tools.again(server, options))?.byName.get(name);
  }

  /** Passes a list of tools on to all who keep something of it. */
  #toolsFetched(
    server: ServerDefinition,
    tenant: Tenant | undefined,
    before: ToolList | undefined,
    after: ToolList,
  ): void {
    const { name, description } = server;
    // Before somebody searches, and not while somebody waits for the list.
    setImmediate(() => this.searcher.learn({ name, description, entries: this.#visible(server, after).entries }));
    this.#options.onTools?.(name, before?.entries, after.entries);
    this.#options.history.listed(server, variantOf(tenant), before, after);
    const visible = this.#visible(server, after);
    this.#instructions.listed(server, tenant?.owner ?? '', visible.instructions);
    this.#keptLists.listed(server, tenant, visible);
  }
}
