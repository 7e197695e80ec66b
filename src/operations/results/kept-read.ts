/** One reading of a resource that its server says may be kept (2026-07-28, server/utilities/caching). */
import { createHash } from 'node:crypto';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Relayed } from '../../relay/relayed.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import { hasOwnCredentials } from '../../upstream/pool/sharing.ts';
import type { ToolContext } from '../operation.ts';
import type { KeptKey, KeptResults } from './kept-results.ts';

/** Longest time for which it is kept, whatever the server says, in milliseconds. */
const MAX_TTL_MS = 3_600_000;
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
  /** The changes of the server before the call began. */
  readonly #changes: number;
  #wasAsked = false;

  constructor(store: KeptResults, options: KeptReadOptions) {
    this.#store = store;
    this.#options = options;
    this.#changes = options.context.catalog.changesOf(options.server.name);
  }

  /** The answer that is kept, with what is left of its time; undefined for none. */
  find(definition: DecidedDefinition | undefined): Kept | undefined {
    const { context, server } = this.#options;
    const changes = context.catalog.changesOf(server.name);
    const found =
      this.#store.find(this.#key(definition, changes, false)) ?? this.#store.find(this.#key(definition, changes, true));
    return found && { kind: 'result', body: found.body, ttlMs: Math.floor(found.leftMs) };
  }

  /** The server asked for something: what it says next is for this caller alone. */
  readonly asked = (): void => {
    this.#wasAsked = true;
  };

  /** Keeps an answer where its server says how long, and for whom. */
  keep(definition: DecidedDefinition | undefined, relayed: Relayed): void {
    if (relayed.kind === 'error' || this.#wasAsked) return;
    const { body, ttlMs = 0, cacheScope } = relayed;
    if (ttlMs <= 0 || cacheScope === undefined || (body.resultType ?? 'complete') !== 'complete') return;
    const isPublic = cacheScope === 'public';
    const terms = { ttlMs: Math.min(ttlMs, MAX_TTL_MS), maxBytes: MAX_BYTES, isPublic };
    this.#store.keep(this.#key(definition, this.#changes, isPublic), body, terms);
  }

  #key(definition: DecidedDefinition | undefined, changes: number, isPublic: boolean): KeptKey {
    const { context, server, params } = this.#options;
    const { owner, client } = context.relay;
    const isForAll = isPublic && !hasOwnCredentials(server.link);
    const whose = isForAll ? '' : owner;
    const able = [client.era, client.capabilities, client.requestCapabilities];
    const parts = JSON.stringify([whose, isForAll, definition ?? null, able, params]);
    const call = createHash('sha256').update(parts).digest('base64');
    return { tool: `${server.key}\nresources`, call, owner: whose, changes };
  }
}
