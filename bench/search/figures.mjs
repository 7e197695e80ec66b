/** Figures of one method over one set of questions. */

/**
 * @param {{q: string, rel: string[]}[]} queries
 * @param {(query: string, limit: number) => string[]} search ids, best first
 */
export function measure(queries, search) {
  const sums = { recall_at_1: 0, recall_at_5: 0, recall_at_10: 0, mrr: 0, ndcg_at_5: 0, ndcg_at_10: 0 };
  const times = [];
  // Once without the clock, so that what is measured is compiled.
  for (const { q } of queries) search(q, 10);
  for (const { q, rel } of queries) {
    const start = performance.now();
    const ids = search(q, 10);
    times.push(performance.now() - start);
    const relevant = new Set(rel);
    const found = (limit) => ids.slice(0, limit).filter((id) => relevant.has(id)).length / relevant.size;
    sums.recall_at_1 += found(1);
    sums.recall_at_5 += found(5);
    sums.recall_at_10 += found(10);
    const first = ids.findIndex((id) => relevant.has(id));
    if (first >= 0) sums.mrr += 1 / (first + 1);
    const gainOf = (limit) =>
      gain(ids.slice(0, limit).map((id) => relevant.has(id))) / gain(Array(Math.min(limit, relevant.size)).fill(true));
    sums.ndcg_at_5 += gainOf(5);
    sums.ndcg_at_10 += gainOf(10);
  }
  const figures = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, round(sum / queries.length)]));
  return { ...figures, query_p95_ms: round(quantile(times, 0.95)) };
}

function gain(hits) {
  return hits.reduce((sum, hit, at) => sum + (hit ? 1 / Math.log2(at + 2) : 0), 0);
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

export function round(value) {
  return Math.round(value * 10_000) / 10_000;
}
