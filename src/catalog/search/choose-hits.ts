/** The last steps of the ranking: what a hit has of one sentence of the question, and a choice that covers one idea after the other. */
import type { Concept } from './query.ts';
import type { IndexedDocument } from './search-index.ts';

/** The rest of an idea once a chosen tool has it. */
const COVERED = 0.5;
/** The share of a score that counts in the choice whatever was covered. */
const UNCOVERED_WEIGHT = 0.6;
/** The weight of the sentence of the question that a tool fits best. */
const PART_WEIGHT = 1;

export interface Hit {
  readonly document: IndexedDocument;
  readonly score: number;
}

/** Chooses one hit after the other; an idea that a chosen one has counts less for the next. */
export function covering(hits: readonly Hit[], ideas: Float64Array, width: number, limit: number): Hit[] {
  const left = new Float64Array(width).fill(1);
  const waiting = new Set(hits.keys());
  const chosen: Hit[] = [];
  while (chosen.length < limit && waiting.size > 0) {
    let bestAt = -1;
    let bestScore = -1;
    for (const at of waiting) {
      let score = UNCOVERED_WEIGHT * (hits[at] as Hit).score;
      for (let column = 0; column < width; column++) {
        score += (ideas[at * width + column] as number) * (left[column] as number);
      }
      if (score > bestScore) {
        bestScore = score;
        bestAt = at;
      }
    }
    waiting.delete(bestAt);
    chosen.push(hits[bestAt] as Hit);
    for (let column = 0; column < width; column++) {
      if ((ideas[bestAt * width + column] as number) > 0) left[column] = (left[column] as number) * COVERED;
    }
  }
  return chosen;
}

/** Adds what a hit scores for the one sentence that it fits best: a question of several sentences wants several tools. */
export function withParts(hits: readonly Hit[], ideas: Float64Array, concepts: readonly Concept[]): readonly Hit[] {
  const parts = partsOf(concepts);
  const width = concepts.length;
  if (parts.size < 2) return hits;
  return hits.map(({ document, score }, at) => {
    let most = 0;
    for (const part of parts) {
      let sum = 0;
      for (const [column, concept] of concepts.entries()) {
        if (concept.parts.has(part)) sum += ideas[at * width + column] as number;
      }
      most = Math.max(most, sum);
    }
    return { document, score: score + PART_WEIGHT * most };
  });
}

/** The parts of a question that have ideas. */
export function partsOf(concepts: readonly Concept[]): Set<number> {
  return new Set(concepts.flatMap(({ parts }) => [...parts]));
}
