/** One reading of a resource that its server says may be kept (2026-07-28, server/utilities/caching). */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Relayed } from '../../relay/relayed.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import type { ToolContext } from '../operation.ts';
import type { KeptKey, KeptResults } from './kept-results.ts';
import { KeptScope } from './kept-scope.ts';

/** Longest time for which it is kept, whatever the server says, in milliseconds. */
const MAX_TTL_MS = 3_600_000;
/** The place of all resources of a server among its tools: no name of a tool has a line break. */
const RESOURCES = '\nresources';
/** Bytes of all resources of one server. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface KeptReadOptions {
  readonly context: ToolContext;
  readonly server: ServerDefinition;
  /** Inner text of the params, as the server gets them. */
  readonly params: string;
}

type Kept = Relayed & { readonly kind: 'result' };

export class KeptRead {
  readonly #store: KeptResults;
  readonly #options: KeptReadOptions;
  readonly #scope: KeptScope;

  constructor(store: KeptResults, options: KeptReadOptions) {
    this.#store = store;
    this.#options = options;
    this.#scope = new KeptScope(options.context, options.server);
  }

  /** The answer that is kept, with what is left of its time; undefined for none. */
  find(definition: DecidedDefinition | undefined): Kept | undefined {
    const changes = this.#scope.changesNow;
    const found =
      this.#store.find(this.#key(definition, changes, false)) ?? this.#store.find(this.#key(definition, changes, true));
    return found && { kind: 'result', body: found.body, ttlMs: Math.floor(found.leftMs) };
  }

  /** To be told when the server asks for something. */
  get asked(): () => void {
    return this.#scope.asked;
  }

  /** Keeps an answer where its server says how long, and for whom. */
  keep(definition: DecidedDefinition | undefined, relayed: Relayed): void {
    if (relayed.kind === 'error' || this.#scope.wasAsked) return;
    const { body, ttlMs = 0, cacheScope } = relayed;
    if (ttlMs <= 0 || cacheScope === undefined || (body.resultType ?? 'complete') !== 'complete') return;
    const isPublic = cacheScope === 'public';
    const terms = { ttlMs: Math.min(ttlMs, MAX_TTL_MS), maxBytes: MAX_BYTES, isPublic };
    this.#store.keep(this.#key(definition, this.#scope.changes, isPublic), body, terms);
  }

  #key(definition: DecidedDefinition | undefined, changes: number, isPublic: boolean): KeptKey {
    return this.#scope.key(RESOURCES, [definition ?? null, this.#options.params], isPublic, changes);
  }
}
