/** The gateway with its second stage: `--embeddings URL --model NAME`, and the key in EMBEDDINGS_API_KEY where there is one. */
import process from 'node:process';
import { load } from '../bundle.mjs';
import { indexOf } from './methods.mjs';

const { createEndpoint, evidenceOfMeaning, meaningOf, rank, similarity } = await load('bench/search/gateway.ts');

const BATCH = 32;
const PATIENCE_MS = 120_000;

/**
 * All vectors are asked for before anything is measured: the latency of the endpoint is not in the figures.
 * @returns makes the method of a set of tools and questions
 */
export function withEmbeddings(url, model) {
  const definition = {
    key: '',
    url: url.endsWith('/embeddings') ? url : `${url.replace(/\/+$/, '')}/embeddings`,
    model,
    dimensions: undefined,
    apiKey: process.env.EMBEDDINGS_API_KEY,
    timeoutMs: PATIENCE_MS,
  };
  const endpoint = createEndpoint({
    failed: () => undefined,
    recovered: () => undefined,
    now: () => performance.now(),
  });
  const embed = async (texts) => {
    const vectors = [];
    for (let at = 0; at < texts.length; at += BATCH) {
      const asking = { timeoutMs: PATIENCE_MS, signal: AbortSignal.timeout(PATIENCE_MS) };
      vectors.push(...(await endpoint.embed(definition, texts.slice(at, at + BATCH), asking)));
    }
    return vectors;
  };
  return async (tools, queries) => {
    const { index, scope, documents, idOf } = indexOf(tools);
    const vectors = await embed(documents.map(({ tool }) => meaningOf(tool.server, tool).read()));
    const asked = new Map();
    const questions = [...new Set(queries.map(({ q }) => q))];
    for (const [at, vector] of (await embed(questions)).entries()) asked.set(questions[at], vector);
    return (query, limit) => {
      const question = asked.get(query);
      const nearness = vectors.map((vector) => vector && question && similarity(question, vector));
      const evidence = evidenceOfMeaning(
        documents.map(({ document }) => document),
        nearness,
      );
      return rank(index, scope, query, { limit, evidence }).map(idOf);
    };
  };
}
