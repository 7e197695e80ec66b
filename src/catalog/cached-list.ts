/** One list of one server, as far as it is known: fetched, kept while there is memory for it, and fetched again when it is old. */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { ByteBudget, Kept } from '../shared/byte-budget.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { waitFor } from '../shared/wait-for.ts';
import type { Tenant, UpstreamConnection } from '../upstream/contract.ts';

const DEFAULT_TTL_MS = 300_000;
/** Characters that a list counts for besides its own. */
const LIST_SIZE = 1024;
/** Milliseconds that lists and searches wait for one of several servers in all, while it starts. */
const HOPE_MS = 10_000;
/** Milliseconds that each of them waits after that. */
const GRACE_MS = 100;
/** A list is not fetched again sooner than this, except when the server announces a change. */
const MIN_AGE_MS = 5000;
const NEVER = Number.NEGATIVE_INFINITY;

/** The outcome of one fetch. */
export interface Listing {
  /** Milliseconds the server calls the list fresh for; undefined where it does not say. */
  readonly ttlMs: number | undefined;
  /** Characters that are kept of it. */
  readonly size: number;
  /** Names that are left out because their definitions wait for the owner. */
  readonly held?: ReadonlySet<string> | undefined;
}

/** The options of a request for a list. */
export interface ListOptions {
  /** Milliseconds this caller waits. */
  readonly timeoutMs: number;
  /** The list is one of several: a server that used up such a wait costs the next ones none until its start is over. */
  readonly oneOfMany?: boolean;
  readonly signal?: CancelSignal | undefined;
  /** The caller: what a server lists may depend on what its client can do. */
  readonly tenant?: Tenant | undefined;
}

export interface ListRequest<L> {
  readonly tenant: Tenant | undefined;
  readonly before: L | undefined;
}

/** The source of lists, and who is told of them. */
export interface ListSource<L> {
  /** The things that are listed, for messages: `tools`. */
  readonly what: string;
  readonly lease: (
    server: ServerDefinition,
    tenant: Tenant | undefined,
  ) => Promise<UpstreamConnection> | UpstreamConnection;
  /** @param asked for whom, and what there was before. */
  readonly fetch: (server: ServerDefinition, connection: UpstreamConnection, asked: ListRequest<L>) => Promise<L>;
  /** The part of a list that counts; all of it where this is left out. */
  readonly visible?: ((server: ServerDefinition, list: L) => L) | undefined;
  /** @param tenant for whom it was fetched. */
  readonly fetched?: (server: ServerDefinition, tenant: Tenant | undefined, before: L | undefined, after: L) => void;
  readonly failed: (server: ServerDefinition, error: unknown) => void;
  /** The time at which somebody began to wait in vain for one of several lists, until a list of that server is there or failed; of all lists of a server. */
  readonly late: Map<string, number>;
  /** A list is there that somebody was told nothing of, because it was late. */
  readonly arrived?: (server: ServerDefinition) => void;
  /** The budget of the lists of a server. */
  readonly budget?: Pick<ByteBudget, 'of'>;
  readonly now: () => number;
}

/** Its methods take the server as it is defined now: what a list depends on is the same in each definition, other things may change. */
export class CachedList<L extends Listing> {
  readonly #source: ListSource<L>;
  /** The tenant that asked first, and others with the same capabilities since. */
  readonly #tenant: Tenant | undefined;
  /** Names the server and who asks, among all lists that may be late. */
  readonly #lateKey: string;
  #list: L | undefined;
  /** The memory of the list. */
  #memory: Kept | undefined;
  #fetchedAt = NEVER;
  /** The time at which the last attempt began, successful or not. */
  #triedAt = NEVER;
  #failedAt = NEVER;
  /** Counts invalidations: a list fetched during one is old when it arrives. */
  #generation = 0;
  #isStale = false;
  #isMissed = false;
  #fetching: Promise<L> | undefined;

  constructor(source: ListSource<L>, tenant: Tenant | undefined, lateKey: string) {
    this.#source = source;
    this.#tenant = tenant;
    this.#lateKey = lateKey;
  }

  /** True where somebody waited for it in vain. */
  get isMissed(): boolean {
    return this.#isMissed;
  }

  /** The list where there is one, without waiting; an old one is fetched again for whoever asks next. */
  get(server: ServerDefinition): L | undefined {
    const list = this.#list;
    this.#memory?.use();
    if (list !== undefined && this.#isOld(list)) void this.#fetchOnce(server).catch(() => undefined);
    return list;
  }

  /**
   * Waits for the list that is being fetched, or for one that is fetched now.
   * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT, or the reason of the signal.
   */
  fetch(server: ServerDefinition, { timeoutMs, oneOfMany = false, signal }: ListOptions): Promise<L> {
    const { late, now, what } = this.#source;
    const startedAt = now();
    const hope = Math.max(GRACE_MS, (late.get(this.#lateKey) ?? startedAt) + HOPE_MS - startedAt);
    const patience = oneOfMany ? Math.min(hope, timeoutMs) : timeoutMs;
    const tooLate = (): GatewayError => {
      if (oneOfMany && !late.has(this.#lateKey)) late.set(this.#lateKey, startedAt);
      return tooSlow(server.name, what);
    };
    return waitFor(this.#fetchOnce(server), patience, signal, tooLate).catch((error: unknown) => {
      this.#isMissed = true;
      throw error;
    });
  }

  /** The list fetched anew; undefined where that was tried a moment ago. @throws as `fetch` */
  fetchAgain(server: ServerDefinition, options: ListOptions): Promise<L | undefined> {
    // Asking for what does not exist must not keep the server busy.
    if (this.#fetching === undefined && !this.#isDue()) return Promise.resolve(undefined);
    return this.fetch(server, options);
  }

  /** Has a list fetched that is not there, for whoever asks next; not where that was tried a moment ago. */
  refresh(server: ServerDefinition): void {
    if (this.#list === undefined && this.#isDue()) void this.#fetchOnce(server).catch(() => undefined);
  }

  invalidate(): void {
    this.#generation++;
    if (this.#list !== undefined) this.#isStale = true;
  }

  /** Gives back its memory. */
  release(): void {
    this.#memory?.release();
  }

  /** The fetch that is under way, or a new one. */
  #fetchOnce(server: ServerDefinition): Promise<L> {
    if (this.#fetching !== undefined) return this.#fetching;
    const { late, now, failed } = this.#source;
    this.#triedAt = now();
    const fetching = this.#fetch(server).finally(() => {
      this.#fetching = undefined;
      late.delete(this.#lateKey);
    });
    this.#fetching = fetching;
    fetching.catch((error: unknown) => {
      this.#failedAt = now();
      failed(server, error);
    });
    return fetching;
  }

  async #fetch(server: ServerDefinition): Promise<L> {
    const source = this.#source;
    const connection = await source.lease(server, this.#tenant);
    // After the lease: a connection that was just made has invalidated what came before it.
    const generation = this.#generation;
    const before = this.#list;
    const list = await source.fetch(server, connection, { tenant: this.#tenant, before });
    this.#keep(server, list);
    this.#fetchedAt = source.now();
    this.#isStale = this.#generation !== generation;
    source.fetched?.(server, this.#tenant, before, list);
    if (this.#isMissed) source.arrived?.(server);
    this.#isMissed = false;
    return list;
  }

  #keep(server: ServerDefinition, list: L): void {
    this.release();
    this.#list = list;
    // Whoever asks after that has it fetched anew.
    const drop = (): void => {
      this.#list = undefined;
    };
    this.#memory = this.#source.budget?.of(server.name).keep(list.size + LIST_SIZE, drop);
  }

  #isOld(list: L): boolean {
    const at = this.#source.now();
    if (at - this.#failedAt < MIN_AGE_MS) return false;
    if (this.#isStale) return true;
    const ttlMs = Math.max(MIN_AGE_MS, list.ttlMs ?? DEFAULT_TTL_MS);
    return at - this.#fetchedAt >= ttlMs && at - this.#triedAt >= MIN_AGE_MS;
  }

  #isDue(): boolean {
    return this.#source.now() - this.#triedAt >= MIN_AGE_MS;
  }
}

function tooSlow(server: string, what: string): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" has not listed its ${what} yet; it may still be starting. Try again in a moment.`,
  );
}
