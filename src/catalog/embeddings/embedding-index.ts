/**
 * Computes how near tools are to a question by meaning. An addition to the words: whatever happens to the endpoint, a search
 * waits no longer than its owner allowed, and goes on without it.
 */
import { join } from 'node:path';
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { waitFor } from '../../shared/wait-for.ts';
import type { Log } from '../../upstream/contract.ts';
import { createEndpoint, type Endpoint } from './embeddings-endpoint.ts';
import { similarity, type Vector } from './vector.ts';
import { createVectorStore, type VectorStore } from './vector-store.ts';

/** Texts of one request: what the least of the usual servers takes. */
const BATCH = 32;
/** Requests about tools at one time. */
const LANES = 2;
/** Milliseconds for a request about tools; nobody waits that long for it. */
const BATCH_TIMEOUT_MS = 30_000;
/** As many tools without a vector are worth waiting for; more take too long, and the next search will have them. */
const MAX_AWAITED = 8 * BATCH;

/** A text that has a vector, or will. */
export interface Text {
  /** Lower-case hex SHA-256 of the text. */
  readonly key: string;
  read(): string;
}

interface Space {
  endpoint: Endpoint;
  readonly store: VectorStore;
  /** Texts that are to be asked for, by key. */
  readonly pending: Map<string, Text>;
  /** Texts that the endpoint does not take. */
  readonly refused: Set<string>;
  /** Asks for what is pending; never rejects. */
  filling: Promise<void> | undefined;
}

interface EmbeddingIndexOptions {
  /** Folder of the files with vectors. */
  readonly folder: string;
  readonly log: Log;
  readonly now?: () => number;
}

/** Compares texts by their meaning, for each model in use. */
export class EmbeddingIndex {
  readonly #folder: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #spaces = new Map<string, Space>();
  readonly #closing = new AbortController();

  constructor({ folder, log, now = () => performance.now() }: EmbeddingIndexOptions) {
    this.#folder = folder;
    this.#log = log;
    this.#now = now;
  }

  /**
   * The nearness of each text to the question, -1 to 1, in their order (undefined for one that the endpoint refuses); undefined
   * where that is not known for all of them in time. Only these texts and the question go to the endpoint.
   * @throws the reason of the signal, and nothing else
   */
  async compare(
    definition: EmbeddingsDefinition,
    query: string,
    texts: readonly Text[],
    signal: CancelSignal,
  ): Promise<readonly (number | undefined)[] | undefined> {
    try {
      return await this.#compare(definition, query, texts, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof GatewayError)) this.#log.warn({ err: error }, 'embeddings could not be compared');
      return undefined;
    }
  }

  /** A configuration is in force: everything else is forgotten, and an endpoint that failed gets another chance. */
  use(definition: EmbeddingsDefinition | undefined): void {
    for (const [key, space] of this.#spaces) {
      if (key !== definition?.key) this.#spaces.delete(key);
      space.endpoint = this.#newEndpoint();
      space.refused.clear();
    }
  }

  /** Ends requests that nobody waits for, and what is written. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#spaces.values()].map(({ filling }) => filling));
  }

  async #compare(
    definition: EmbeddingsDefinition,
    query: string,
    texts: readonly Text[],
    signal: CancelSignal,
  ): Promise<readonly (number | undefined)[] | undefined> {
    const until = this.#now() + definition.timeoutMs;
    const leftMs = (): number => Math.max(1, Math.ceil(until - this.#now()));
    const late = (): GatewayError => new GatewayError('TIMEOUT', 'The embeddings are late.');
    const space = this.#spaceOf(definition);
    const { endpoint, store } = space;
    await waitFor(store.load(), leftMs(), signal, late);
    if (endpoint.pausedMs() > 0) return undefined;
    const missing = texts.filter((text) => isMissing(space, text));
    for (const text of missing) space.pending.set(text.key, text);
    if (missing.length > 0) space.filling ??= this.#fill(space, definition);
    if (missing.length > MAX_AWAITED) return undefined;
    const limits = { timeoutMs: leftMs(), signal: this.#closing.signal };
    const embedding = endpoint.embed(definition, [definition.queryPrefix + query], limits);
    embedding.catch(() => undefined);
    // It has the same limit of its own; when that is over, the endpoint has failed before this search goes on.
    const [question] = await waitFor(embedding, Number.POSITIVE_INFINITY, signal, late);
    if (missing.length > 0 && space.filling !== undefined) await waitFor(space.filling, leftMs(), signal, late);
    if (question === undefined || texts.some((text) => isMissing(space, text))) return undefined;
    return similarities(store, question, texts);
  }

  #newEndpoint(): Endpoint {
    const log = this.#log;
    return createEndpoint({
      now: this.#now,
      failed: ({ message }, pauseMs) =>
        log.warn({ reason: message }, `searches go on without embeddings for ${pauseMs / 1000} s: these are not there`),
      recovered: () => log.info({}, 'the embeddings are there again'),
    });
  }

  #spaceOf({ key }: EmbeddingsDefinition): Space {
    let space = this.#spaces.get(key);
    if (space === undefined) {
      const store = createVectorStore(this.#folder, key);
      space = { endpoint: this.#newEndpoint(), store, pending: new Map(), refused: new Set(), filling: undefined };
      this.#spaces.set(key, space);
    }
    return space;
  }

  async #fill(space: Space, definition: EmbeddingsDefinition): Promise<void> {
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, () => this.#lane(space, definition)));
    space.pending.clear();
    space.filling = undefined;
    for (const { reason } of lanes.filter((one) => one.status === 'rejected')) {
      // The endpoint told of its own failures.
      if (!(reason instanceof GatewayError)) this.#log.warn({ err: reason }, 'vectors could not be made');
    }
    await space.store.save().catch((error: unknown) => this.#log.warn({ err: error }, 'vectors could not be kept'));
  }

  /** One request after the other until nothing is pending. */
  async #lane({ endpoint, store, pending, refused }: Space, definition: EmbeddingsDefinition): Promise<void> {
    while (pending.size > 0) {
      const batch = [...pending.values()].slice(0, BATCH);
      for (const { key } of batch) pending.delete(key);
      const texts = batch.map((text) => definition.toolPrefix + text.read());
      const limits = { timeoutMs: BATCH_TIMEOUT_MS, signal: this.#closing.signal };
      const vectors = await endpoint.embed(definition, texts, limits);
      for (const [at, { key }] of batch.entries()) {
        const vector = vectors[at];
        if (vector === undefined) refused.add(key);
        else store.add(key, vector);
      }
    }
  }
}

function isMissing({ store, refused }: Space, { key }: Text): boolean {
  return store.get(key) === undefined && !refused.has(key);
}

/** @returns undefined, and forgets the vectors, where another model made them. */
function similarities(
  store: VectorStore,
  question: Vector,
  texts: readonly Text[],
): readonly (number | undefined)[] | undefined {
  if (store.size > 0 && store.dimensions !== question.length) {
    store.clear();
    return undefined;
  }
  return texts.map(({ key }) => {
    const vector = store.get(key);
    return vector === undefined ? undefined : similarity(question, vector);
  });
}

/** Folder of the vectors. @param cacheDir that of the settings */
export function vectorsDir(cacheDir: string): string {
  return join(cacheDir, 'vectors');
}
