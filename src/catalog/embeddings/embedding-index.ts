/**
 * How near tools are to a question by what they mean. An addition to the words: whatever happens to the endpoint, a search
 * waits no longer than its owner allowed, and goes on without it.
 */
import { join } from 'node:path';
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { waitFor } from '../../shared/wait-for.ts';
import type { Log } from '../../upstream/contract.ts';
import { createEndpoint, type Endpoint } from './embeddings-endpoint.ts';
import { similarity } from './vector.ts';
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

export interface EmbeddingIndex {
  /**
   * How near each text is to the question, -1 to 1, in their order (undefined for one that the endpoint refuses); undefined
   * where that is not known for all of them in time. Only these texts and the question go to the endpoint.
   * @throws the reason of the signal, and nothing else
   */
  compare(
    definition: EmbeddingsDefinition,
    query: string,
    texts: readonly Text[],
    signal: CancelSignal,
  ): Promise<readonly (number | undefined)[] | undefined>;
  /** A configuration is in force: everything else is forgotten, and an endpoint that failed gets another chance. */
  use(definition: EmbeddingsDefinition | undefined): void;
  /** Ends requests that nobody waits for, and what is written. */
  close(): Promise<void>;
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

export interface EmbeddingIndexOptions {
  /** Folder of the files with vectors. */
  readonly folder: string;
  readonly log: Log;
  readonly now?: () => number;
}

export function createEmbeddingIndex({
  folder,
  log,
  now = () => performance.now(),
}: EmbeddingIndexOptions): EmbeddingIndex {
  const spaces = new Map<string, Space>();
  const closing = new AbortController();

  const newEndpoint = (): Endpoint =>
    createEndpoint({
      now,
      failed: ({ message }, pauseMs) =>
        log.warn({ reason: message }, `words alone find tools for ${pauseMs / 1000} s: the embeddings are not there`),
      recovered: () => log.info({}, 'the embeddings are there again'),
    });

  const spaceOf = ({ key }: EmbeddingsDefinition): Space => {
    let space = spaces.get(key);
    if (space === undefined) {
      const store = createVectorStore(folder, key);
      space = { endpoint: newEndpoint(), store, pending: new Map(), refused: new Set(), filling: undefined };
      spaces.set(key, space);
    }
    return space;
  };

  /** One request after the other until nothing is pending. */
  const lane = async ({ endpoint, store, pending, refused }: Space, definition: EmbeddingsDefinition) => {
    while (pending.size > 0) {
      const batch = [...pending.values()].slice(0, BATCH);
      for (const { key } of batch) pending.delete(key);
      const texts = batch.map((text) => definition.toolPrefix + text.read());
      const asking = { timeoutMs: BATCH_TIMEOUT_MS, signal: closing.signal };
      const vectors = await endpoint.embed(definition, texts, asking);
      for (const [at, { key }] of batch.entries()) {
        const vector = vectors[at];
        if (vector === undefined) refused.add(key);
        else store.add(key, vector);
      }
    }
  };

  const fill = async (space: Space, definition: EmbeddingsDefinition): Promise<void> => {
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, () => lane(space, definition)));
    space.pending.clear();
    space.filling = undefined;
    for (const { reason } of lanes.filter((one) => one.status === 'rejected')) {
      // The endpoint told of its own failures.
      if (!(reason instanceof GatewayError)) log.warn({ err: reason }, 'vectors could not be made');
    }
    await space.store.save().catch((error: unknown) => log.warn({ err: error }, 'vectors could not be kept'));
  };

  const compare: EmbeddingIndex['compare'] = async (definition, query, texts, signal) => {
    const until = now() + definition.timeoutMs;
    const leftMs = (): number => Math.max(1, Math.ceil(until - now()));
    const late = (): GatewayError => new GatewayError('TIMEOUT', 'The embeddings are late.');
    const space = spaceOf(definition);
    const { endpoint, store, pending, refused } = space;
    await waitFor(store.load(), leftMs(), signal, late);
    if (endpoint.pausedMs() > 0) return undefined;
    const isMissing = ({ key }: Text): boolean => store.get(key) === undefined && !refused.has(key);
    const missing = texts.filter(isMissing);
    for (const text of missing) pending.set(text.key, text);
    if (missing.length > 0) space.filling ??= fill(space, definition);
    if (missing.length > MAX_AWAITED) return undefined;
    const asking = { timeoutMs: leftMs(), signal: closing.signal };
    const question = endpoint.embed(definition, [definition.queryPrefix + query], asking);
    question.catch(() => undefined);
    // It has the same limit of its own; when that is over, the endpoint has failed before this search goes on.
    const [asked] = await waitFor(question, Number.POSITIVE_INFINITY, signal, late);
    if (missing.length > 0 && space.filling !== undefined) await waitFor(space.filling, leftMs(), signal, late);
    if (asked === undefined || texts.some(isMissing)) return undefined;
    if (store.size > 0 && store.dimensions !== asked.length) {
      // The model is not the one that made them.
      store.clear();
      return undefined;
    }
    return texts.map(({ key }) => {
      const vector = store.get(key);
      return vector === undefined ? undefined : similarity(asked, vector);
    });
  };

  return {
    async compare(definition, query, texts, signal) {
      try {
        return await compare(definition, query, texts, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof GatewayError)) log.warn({ err: error }, 'embeddings could not be compared');
        return undefined;
      }
    },
    use(definition) {
      for (const [key, space] of spaces) {
        if (key !== definition?.key) spaces.delete(key);
        space.endpoint = newEndpoint();
        space.refused.clear();
      }
    },
    async close() {
      closing.abort();
      await Promise.all([...spaces.values()].map(({ filling }) => filling));
    },
  };
}

/** Folder of the vectors. @param cacheDir that of the settings */
export function vectorsDir(cacheDir: string): string {
  return join(cacheDir, 'vectors');
}
