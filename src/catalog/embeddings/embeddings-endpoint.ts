/**
 * An OpenAI-compatible endpoint for embeddings. When it fails it is left alone for a while, each time longer, so that no search
 * waits for it in vain again and again.
 */
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { fetchJson } from '../../upstream/channel/fetch-json.ts';
import { toVector, type Vector } from './vector.ts';

const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 300_000;
/** Bytes of an answer: a batch of the longest vectors, written with many digits. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** Texts refused in a row, from which on the request is at fault and not the texts. */
const MAX_REFUSALS = 8;

export interface Endpoint {
  /** Milliseconds until it is asked again; 0 for now. */
  pausedMs(): number;
  /**
   * The vector of each text, in their order; undefined for a text that the endpoint refuses.
   * @throws GatewayError SERVER_UNAVAILABLE where it fails or is left alone
   */
  embed(definition: EmbeddingsDefinition, texts: readonly string[], ask: Asking): Promise<(Vector | undefined)[]>;
}

interface Asking {
  /** Milliseconds for one request. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface EndpointOptions {
  /** It failed, and is left alone for so many milliseconds. */
  readonly failed: (error: GatewayError, pauseMs: number) => void;
  readonly recovered: () => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

export function createEndpoint({ failed, recovered, now }: EndpointOptions): Endpoint {
  let failures = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  const pausedMs = (): number => Math.max(0, notBefore - now());

  const ask: Endpoint['embed'] = async (definition, texts, asking) => {
    if (pausedMs() > 0)
      throw new GatewayError('SERVER_UNAVAILABLE', 'The endpoint for embeddings failed, and is paused for a while.');
    try {
      const vectors = await request(definition, texts, asking);
      refusals = 0;
      return vectors;
    } catch (error) {
      if (!isRefusal(error) || ++refusals >= MAX_REFUSALS) throw error;
      if (texts.length === 1) return [undefined];
      // One text that is too long, or empty, must not cost the others their vectors.
      const half = Math.ceil(texts.length / 2);
      const first = await ask(definition, texts.slice(0, half), asking);
      return [...first, ...(await ask(definition, texts.slice(half), asking))];
    }
  };

  return {
    pausedMs,
    async embed(definition, texts, asking) {
      try {
        const vectors = await ask(definition, texts, asking);
        if (failures > 0) recovered();
        failures = 0;
        return vectors;
      } catch (error) {
        if (asking.signal.aborted || !(error instanceof GatewayError)) throw error;
        // Several requests that fail together are one failure.
        if (pausedMs() === 0) {
          const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
          failures++;
          refusals = 0;
          notBefore = now() + pauseMs;
          failed(error, pauseMs);
        }
        throw error;
      }
    },
  };
}

/** True if these texts may be why the endpoint failed; some answer 500 to a text that is too long. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof GatewayError ? error.data?.['httpStatus'] : undefined;
  return status === 400 || status === 413 || status === 422 || status === 500;
}

/** Half a surrogate pair is no text, and some endpoints fail on it. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

async function request(
  { url, model, dimensions, apiKey }: EmbeddingsDefinition,
  input: readonly string[],
  { timeoutMs, signal }: Asking,
): Promise<(Vector | undefined)[]> {
  const answer = await fetchJson(
    url,
    { maxBytes: MAX_ANSWER, timeoutMs },
    {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      body: { model, input: input.map(wellFormed), ...(dimensions === undefined ? {} : { dimensions }) },
      signal,
    },
  );
  return readVectors(answer, input.length);
}

/** `data: [{index, embedding}]`, in any order. */
function readVectors(answer: unknown, count: number): (Vector | undefined)[] {
  const vectors: (Vector | undefined)[] = new Array(count).fill(undefined);
  const { data } = (answer ?? {}) as { readonly data?: unknown };
  if (!Array.isArray(data) || data.length !== count) throw unreadable();
  const seen = new Set<number>();
  for (const [at, item] of data.entries()) {
    const { index = at, embedding } = (item ?? {}) as { readonly index?: unknown; readonly embedding?: unknown };
    if (typeof index !== 'number' || !(index in vectors) || seen.has(index)) throw unreadable();
    if (!Array.isArray(embedding) || !embedding.every((number) => typeof number === 'number')) throw unreadable();
    seen.add(index);
    vectors[index] = toVector(embedding);
  }
  return vectors;
}

function unreadable(): GatewayError {
  return new GatewayError(
    'SERVER_UNAVAILABLE',
    'The endpoint for embeddings did not answer with a vector of numbers for each text.',
  );
}
