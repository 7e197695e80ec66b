/**
 * Ranks the tools of a scope for a question: BM25 over weighted fields per idea, where the best word for an idea counts; some
 * evidence of the tool's neighbours on the same server; and then a choice that covers the parts of the question one after
 * the other, since a question often needs several tools.
 */
import { covering, type Hit, partsOf, withParts } from './choose-hits.ts';
import type { Evidence } from './evidence.ts';
import {
  ALL_INGREDIENTS,
  type Concept,
  type Ingredients,
  type NearWordsOf,
  type QueryExpression,
  readQuery,
} from './query.ts';
import type { SearchIndex } from './search-index.ts';
import type { Scope } from './search-scope.ts';

/** The share of a server's best words for each idea that all of its tools get. */
const SERVER_WEIGHT = 0.2;
/** Ideas of a question that wants one tool: the more of them a tool has, the better. Longer ones may want several tools. */
const SHORT = 6;
/** Tools among which the choice is made. */
const CANDIDATES = 100;

export interface RankOptions extends Partial<Ingredients> {
  readonly limit: number;
  /** Ingredients of the ranking, all used unless switched off to measure what they add. */
  readonly neighbours?: boolean;
  readonly coverage?: boolean;
  readonly parts?: boolean;
  readonly complete?: boolean;
  /** The evidence for documents besides their words, by id, in units of the best score that words gave. */
  readonly evidence?: Evidence;
  /** The same for documents that have words of the question: too little to find one that has none. */
  readonly support?: Evidence;
  readonly near?: NearWordsOf | undefined;
  /** Told the scores after each step, for whoever explains them. */
  readonly trace?: RankTrace;
}

/** The scores by words, times the share of the ideas that a document has, with evidence, and with its best sentence. */
export type RankStep = 'words' | 'complete' | 'evidence' | 'parts';
export type RankTrace = (step: RankStep, hits: readonly Hit[]) => void;

const NO_EVIDENCE: Evidence = new Map();

/** The documents that express an idea, and how well. */
interface Row {
  readonly ids: Int32Array;
  /** Times `factor`. */
  readonly scores: Float64Array;
  readonly factor: number;
}

/** The best tools for a question, best first. Depends on nothing but the documents of the scope and the question. */
export function rank(index: SearchIndex, scope: Scope, query: string, options: RankOptions): Hit[] {
  const concepts = readQuery(index, scope, query, { ...ALL_INGREDIENTS, ...options }, options.near);
  const { scratch } = scope;
  scratch.fill(0);
  const rows = concepts.map((concept) => rowOf(scope, concept, scratch));
  const found = totals(scope, rows, scratch, options.neighbours === false ? 0 : SERVER_WEIGHT);
  const limit = Math.max(CANDIDATES, options.limit);
  const { evidence = NO_EVIDENCE, support = NO_EVIDENCE, trace } = options;
  const hits = withOthers(index, best(index, found, scratch, limit), scratch, evidence);
  trace?.('words', hits);
  const ideas = ideasOf(hits, rows, scratch);
  const isShort = concepts.length > 0 && concepts.length <= SHORT && partsOf(concepts).size === 1;
  const weighed = isShort && options.complete !== false ? byCompleteness(scope, hits, ideas, concepts) : hits;
  trace?.('complete', weighed);
  const supported = withEvidence(weighed, evidence, support);
  trace?.('evidence', supported);
  if (options.coverage === false) return [...supported].sort(byScore).slice(0, options.limit);
  const parted = options.parts === false ? supported : withParts(supported, ideas, concepts);
  trace?.('parts', parted);
  return covering(parted, ideas, rows.length, options.limit);
}

/** The score of one idea: the best of its expressions counts, so that synonyms in one text do not add up. */
function rowOf(scope: Scope, concept: Concept, scratch: Float64Array): Row {
  const [only, ...others] = concept.expressions;
  if (only !== undefined && others.length === 0) {
    return { ids: only.impacts.ids, scores: only.impacts.values, factor: factorOf(scope, concept, only) };
  }
  const most = concept.expressions.reduce((sum, { impacts }) => sum + impacts.ids.length, 0);
  const touched = new Int32Array(most);
  let count = 0;
  for (const expression of concept.expressions) {
    const { impacts } = expression;
    const factor = factorOf(scope, concept, expression);
    for (let at = 0; at < impacts.ids.length; at++) {
      const id = impacts.ids[at] as number;
      const score = factor * (impacts.values[at] as number);
      const before = scratch[id] as number;
      if (before === 0) touched[count++] = id;
      if (score > before) scratch[id] = score;
    }
  }
  // One kind of array everywhere: the loops over rows are the hot ones.
  const ids = touched.slice(0, count);
  const scores = new Float64Array(ids.length);
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] as number;
    scores[at] = scratch[id] as number;
    scratch[id] = 0;
  }
  return { ids, scores, factor: 1 };
}

/** The weight of a word for an idea, and how rare it is in the scope. */
export function factorOf({ count }: Scope, concept: Concept, { weight, impacts }: QueryExpression): number {
  const documents = impacts.ids.length;
  return concept.weight * weight * Math.log(1 + (count - documents + 0.5) / (documents + 0.5));
}

/** Sums the rows into `scratch`. @returns the ids of what has a score */
function totals(scope: Scope, rows: readonly Row[], scratch: Float64Array, serverWeight: number): number[] {
  const found: number[] = [];
  const sums = new Float64Array(scope.servers.size);
  const most = new Float64Array(scope.servers.size);
  const touched: number[] = [];
  for (const { ids, scores, factor } of rows) {
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number;
      const score = factor * (scores[at] as number);
      const before = scratch[id] as number;
      if (before === 0) found.push(id);
      scratch[id] = before + score;
      const server = scope.serverOf[id] as number;
      const best = most[server] as number;
      if (best === 0) touched.push(server);
      if (score > best) most[server] = score;
    }
    for (const server of touched) {
      sums[server] = (sums[server] as number) + (most[server] as number);
      most[server] = 0;
    }
    touched.length = 0;
  }
  for (const id of found) {
    scratch[id] = (scratch[id] as number) + serverWeight * (sums[scope.serverOf[id] as number] as number);
  }
  return found;
}

/** The hits with the highest scores; equal ones by server and name, never by anything that depends on other documents. */
function best(index: SearchIndex, found: readonly number[], scratch: Float64Array, limit: number): Hit[] {
  const floor = highest(found, scratch, limit);
  const hits: Hit[] = [];
  for (const id of found) {
    const score = scratch[id] as number;
    const document = score < floor ? undefined : index.document(id);
    if (document !== undefined) hits.push({ document, score });
  }
  return hits.sort(byScore).slice(0, limit);
}

/** The lowest of the `limit` highest scores, by a heap with the lowest on top. */
function highest(found: readonly number[], scratch: Float64Array, limit: number): number {
  if (found.length <= limit) return 0;
  const heap = Float64Array.from(found.slice(0, limit), (id) => scratch[id] as number).sort();
  for (let at = limit; at < found.length; at++) {
    const score = scratch[found[at] as number] as number;
    if (score <= (heap[0] as number)) continue;
    let place = 0;
    for (let child = 1; child < limit; child = 2 * place + 1) {
      if (child + 1 < limit && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= score) break;
      heap[place] = heap[child] as number;
      place = child;
    }
    heap[place] = score;
  }
  return heap[0] as number;
}

/** Adds the documents that something else speaks for, with what words give them. */
function withOthers(index: SearchIndex, hits: Hit[], scores: Float64Array, evidence: Evidence): readonly Hit[] {
  if (evidence.size === 0) return hits;
  const found = new Set(hits.map(({ document }) => document.id));
  for (const id of evidence.keys()) {
    const document = found.has(id) ? undefined : index.document(id);
    if (document !== undefined) hits.push({ document, score: scores[id] as number });
  }
  return hits.sort(byScore);
}

/** Adds what speaks for documents besides their words. */
function withEvidence(hits: readonly Hit[], evidence: Evidence, support: Evidence): readonly Hit[] {
  if (evidence.size + support.size === 0) return hits;
  const unit = hits.reduce((most, { score }) => Math.max(most, score), 0) || 1;
  return hits.map(({ document, score }) => {
    const more = (evidence.get(document.id) ?? 0) + (support.get(document.id) ?? 0);
    return { document, score: score + unit * more };
  });
}

/**
 * Scores, and what is in `ideas`, times the share of the ideas that a document has; rare ideas count more. The square root of
 * it: one telling idea may still beat two that say little.
 */
function byCompleteness(
  scope: Scope,
  hits: readonly Hit[],
  ideas: Float64Array,
  concepts: readonly Concept[],
): readonly Hit[] {
  const importance = concepts.map((concept) =>
    concept.expressions.reduce((most, expression) => Math.max(most, factorOf(scope, concept, expression)), 0),
  );
  const whole = importance.reduce((sum, one) => sum + one, 0);
  return hits.map(({ document, score }, at) => {
    const line = ideas.subarray(at * concepts.length, (at + 1) * concepts.length);
    const had = importance.reduce((sum, one, column) => sum + ((line[column] as number) > 0 ? one : 0), 0);
    const factor = Math.sqrt(had / whole);
    for (let column = 0; column < line.length; column++) line[column] = (line[column] as number) * factor;
    return { document, score: score * factor };
  });
}

function byScore(a: Hit, b: Hit): number {
  return b.score - a.score || order(a.document.server, b.document.server) || order(a.document.name, b.document.name);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The scores of each hit for each idea, line by line. */
function ideasOf(hits: readonly Hit[], rows: readonly Row[], positions: Float64Array): Float64Array {
  positions.fill(0);
  for (const [at, { document }] of hits.entries()) positions[document.id] = at + 1;
  const ideas = new Float64Array(hits.length * rows.length);
  for (const [column, { ids, scores, factor }] of rows.entries()) {
    for (let at = 0; at < ids.length; at++) {
      const position = positions[ids[at] as number] as number;
      if (position > 0) ideas[(position - 1) * rows.length + column] = factor * (scores[at] as number);
    }
  }
  return ideas;
}
