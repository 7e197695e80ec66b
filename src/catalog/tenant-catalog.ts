/** The catalogue as the callers of one tenant see it. */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { Tenant } from '../upstream/contract.ts';
import type { ListOptions } from './cached-list.ts';
import type { Catalog } from './catalog.ts';
import type { Offer, OfferList } from './prompts-and-resources.ts';
import type { ToolEntry } from './tool-entry.ts';

/** The catalogue as a call sees it. */
export interface TenantCatalog
  extends Pick<
    Catalog,
    | 'tools'
    | 'toolList'
    | 'listed'
    | 'find'
    | 'offers'
    | 'offersAgain'
    | 'searcher'
    | 'skillSearcher'
    | 'learning'
    | 'checker'
    | 'changed'
    | 'changesOf'
  > {
  /** The tools of a server for a search: as `Searchable` says. */
  toSearch(server: ServerDefinition, signal: CancelSignal): Promise<readonly ToolEntry[]>;
  /** As `Catalog.hasSkills`. */
  hasSkills(server: ServerDefinition): boolean;
  /** As `Catalog.skillsToSearch`. */
  skillsToSearch(server: ServerDefinition, signal: CancelSignal): Promise<readonly Offer[]>;
  listSoon(servers: readonly ServerDefinition[]): void;
  /** The introduction of a server, as far as it is known. Starts no server and waits for none. */
  instructionsOf(server: ServerDefinition): Promise<string | undefined>;
  /** Takes in what a server answered, for the resources that it names. @param text JSON of the result */
  note(server: ServerDefinition, text: string): void;
  /** As `Catalog.countsAsSkill`. */
  countsAsSkill(server: ServerDefinition, offer: Offer): boolean;
  /** Remembers the entry of a skill that a server answered to this tenant. */
  noteSkill(server: ServerDefinition, offer: Offer): Promise<void>;
  /** Entries that were remembered so, of skills that may have this file or folder. */
  knownSkills(server: ServerDefinition, uri: string): Promise<readonly Offer[]>;
  /** As `Catalog.learnUnlisted`. */
  learnUnlisted(server: ServerDefinition, uri: string): Promise<void> | undefined;
  /** As `Catalog.isHeld`. */
  isHeld(server: ServerDefinition, list: 'tools' | OfferList, name: string): boolean;
  /** As `Catalog.instructionsNow`. */
  instructionsNow(
    server: ServerDefinition,
    instructions: string | undefined,
    options: ListOptions,
  ): Promise<string | undefined>;
  /** True if a server named a resource in an answer to this tenant. */
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

  get skillSearcher() {
    return this.#catalog.skillSearcher;
  }

  get learning() {
    return this.#catalog.learning;
  }

  get checker() {
    return this.#catalog.checker;
  }

  changed(server: string) {
    this.#catalog.changed(server);
  }

  changesOf(server: string) {
    return this.#catalog.changesOf(server);
  }

  tools(server: ServerDefinition, options: ListOptions) {
    return this.#catalog.tools(server, { ...options, tenant: this.#tenant });
  }

  toolList(server: ServerDefinition, options: ListOptions) {
    return this.#catalog.toolList(server, { ...options, tenant: this.#tenant });
  }

  listed(server: ServerDefinition) {
    return this.#catalog.listed(server, this.#tenant);
  }

  toSearch(server: ServerDefinition, signal: CancelSignal) {
    return this.#catalog.searchable.tools(server, this.#tenant, signal);
  }

  hasSkills(server: ServerDefinition) {
    return this.#catalog.hasSkills(server);
  }

  skillsToSearch(server: ServerDefinition, signal: CancelSignal) {
    return this.#catalog.skillsToSearch(server, { signal, tenant: this.#tenant });
  }

  listSoon(servers: readonly ServerDefinition[]) {
    this.#catalog.searchable.listSoon(servers, this.#tenant);
  }

  instructionsOf(server: ServerDefinition) {
    return this.#catalog.instructions.of(server, this.#tenant.owner);
  }

  note(server: ServerDefinition, text: string) {
    this.#catalog.mentions.note(server, this.#tenant.owner, text);
  }

  countsAsSkill(server: ServerDefinition, offer: Offer) {
    return this.#catalog.countsAsSkill(server, offer);
  }

  async noteSkill(server: ServerDefinition, offer: Offer) {
    (await this.#catalog.knownSkills()).note(server, this.#tenant.owner, offer);
  }

  async knownSkills(server: ServerDefinition, uri: string) {
    return (await this.#catalog.knownSkills()).around(server, this.#tenant.owner, uri);
  }

  learnUnlisted(server: ServerDefinition, uri: string) {
    return this.#catalog.learnUnlisted(server, this.#tenant.owner, uri);
  }

  isHeld(server: ServerDefinition, list: 'tools' | OfferList, name: string) {
    return this.#catalog.isHeld(server, list, name, this.#tenant);
  }

  instructionsNow(server: ServerDefinition, instructions: string | undefined, options: ListOptions) {
    return this.#catalog.instructionsNow(server, instructions, { ...options, tenant: this.#tenant });
  }

  mentions(server: ServerDefinition, uri: string) {
    return this.#catalog.mentions.has(server, this.#tenant.owner, uri);
  }

  find(server: ServerDefinition, name: string, { timeoutMs, signal }: ListOptions) {
    return this.#catalog.find(server, name, { timeoutMs, signal, tenant: this.#tenant });
  }

  offers(server: ServerDefinition, list: OfferList, options: ListOptions) {
    return this.#catalog.offers(server, list, { ...options, tenant: this.#tenant });
  }

  offersAgain(server: ServerDefinition, list: OfferList, options: ListOptions) {
    return this.#catalog.offersAgain(server, list, { ...options, tenant: this.#tenant });
  }
}

export function catalogFor(catalog: Catalog, tenant: Tenant): TenantCatalog {
  return new CatalogOfTenant(catalog, tenant);
}
