/** Explains the places that tools have in a search: what each step of the ranking gave them, from the same numbers. */
import type { Evidence } from './evidence.ts';
import type { MeaningWeight } from './meaning.ts';
import { ALL_INGREDIENTS, type Concept, type QueryExpression, readQuery, type Standing } from './query.ts';
import { factorOf, type RankStep, type RankTrace } from './rank.ts';
import type { IndexedDocument, SearchIndex } from './search-index.ts';
import type { FoundTool, Known } from './searcher.ts';

const FIELDS = ['name', 'server', 'description', 'parameters', 'server_description'] as const;

/** The word of a tool that stands for a word of the question. */
interface WordMatch {
  readonly word: string;
  /** The stem by which it was found. */
  readonly stem: string;
  readonly how: Standing;
  readonly score: number;
}

interface ByWords {
  readonly score: number;
  /** Its place by words alone; undefined for a tool that has none of them. */
  readonly rank: number | undefined;
  readonly fields: Readonly<Partial<Record<(typeof FIELDS)[number], number>>>;
  readonly matches: readonly WordMatch[];
  /** The factor for the ideas of a short question that it does not have; it is in the scores. */
  readonly completeness: number;
}

interface ByMeaning {
  readonly score: number;
  /** Its place by meaning alone; undefined for a tool that meaning says nothing about. */
  readonly rank: number | undefined;
  /** To the whole question; undefined where the model of the gateway was not used. */
  readonly cosine: number | undefined;
}

/** One result; its parts add up to its score. */
export interface ExplainedTool {
  readonly server: string;
  readonly tool: string;
  readonly also_on: readonly string[];
  readonly score: number;
  /** Its place by that score, before it is looked which ideas earlier results have already. */
  readonly rank: number | undefined;
  readonly words: ByWords;
  /** From what other tools of its server have. */
  readonly siblings: number;
  readonly meaning: ByMeaning;
  /** From what was learned. */
  readonly use: number;
  /** From the sentence of the question that it fits best. */
  readonly sentence: number;
}

export interface SearchExplanation {
  /** The model that meaning is from. */
  readonly model: 'own' | 'embeddings' | 'none';
  /** The best score that words gave, or 1 where they gave none: the unit of what meaning gives. */
  readonly best: number;
  /** The weight of meaning for this question, where the model of the gateway was used. */
  readonly weight: MeaningWeight | undefined;
  readonly tools: readonly ExplainedTool[];
}

type Scores = ReadonlyMap<number, number>;

const NO_SCORES: Scores = new Map();

export class HitExplainer {
  readonly #query: string;
  readonly #known: Known;
  readonly #concepts: readonly Concept[];
  /** The evidence and support of meaning alone. */
  readonly #evidence: Evidence;
  readonly #support: Evidence;
  readonly #steps = new Map<RankStep, Scores>();
  /** Takes in the steps of the ranking. */
  readonly trace: RankTrace = (step, hits) => {
    this.#steps.set(step, new Map(hits.map(({ document, score }) => [document.id, score])));
  };

  /** @param known before what was learned is added to its evidence */
  constructor(index: SearchIndex, query: string, known: Known) {
    this.#query = query;
    this.#known = known;
    this.#concepts = readQuery(index, known.scope, query, ALL_INGREDIENTS, known.near);
    this.#evidence = new Map(known.evidence);
    this.#support = known.support ?? NO_SCORES;
  }

  /** @param evidence with what was learned */
  explain(found: readonly FoundTool[], evidence: Evidence): SearchExplanation {
    const { servers, scope, meaning } = this.#known;
    const compared = meaning?.compare(this.#query, scope.ids);
    const byMeaning = new Map([...this.#support, ...this.#evidence]);
    const byWords = this.#steps.get('complete') ?? NO_SCORES;
    const unit = Math.max(0, ...byWords.values()) || 1;
    const ranks = [byWords, byMeaning, this.#steps.get('parts') ?? NO_SCORES].map(ranksOf);
    const tools = found.flatMap(({ server, entry: { name }, alsoOn }): ExplainedTool[] => {
      const document = servers.get(server)?.documents.find((one) => one.name === name);
      if (document === undefined) return [];
      const { id } = document;
      const [wordRank, meaningRank, rank] = ranks.map((of) => of.get(id));
      const score = this.#score('parts', id);
      const cosine = compared?.cosines[scope.ids.indexOf(id)];
      const use = unit * ((evidence.get(id) ?? 0) - (this.#evidence.get(id) ?? 0));
      const near = { score: unit * (byMeaning.get(id) ?? 0), rank: meaningRank, cosine };
      const others = { meaning: near, use, sentence: score - this.#score('evidence', id) };
      return [{ server, tool: name, also_on: alsoOn, score, rank, ...this.#byWords(document, wordRank), ...others }];
    });
    const model = meaning !== undefined ? 'own' : byMeaning.size > 0 ? 'embeddings' : 'none';
    return { model, best: unit, weight: compared?.weight, tools };
  }

  #byWords(document: IndexedDocument, rank: number | undefined): Pick<ExplainedTool, 'words' | 'siblings'> {
    const { id } = document;
    const all = this.#score('words', id);
    const completeness = all === 0 ? 1 : this.#score('complete', id) / all;
    const fields = new Float64Array(FIELDS.length);
    const matches: WordMatch[] = [];
    let score = 0;
    for (const concept of this.#concepts) {
      const best = this.#bestOf(concept, id);
      if (best === undefined) continue;
      const { term, how } = best.expression;
      matches.push({ word: concept.word, stem: term.text, how, score: best.score * completeness });
      score += best.score * completeness;
      const weights = this.#known.scope.fieldsOf(term, document);
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [field, weight] of weights.entries())
        fields[field] = (fields[field] as number) + (best.score * completeness * weight) / whole;
    }
    const named = FIELDS.flatMap((name, at) => (fields[at] === 0 ? [] : [[name, fields[at]] as const]));
    const words = {
      score,
      rank: score === 0 ? undefined : rank,
      fields: Object.fromEntries(named),
      matches,
      completeness,
    };
    return { words, siblings: all * completeness - score };
  }

  /** The expression of an idea that a document has it by. */
  #bestOf(concept: Concept, id: number): { expression: QueryExpression; score: number } | undefined {
    let best: { expression: QueryExpression; score: number } | undefined;
    for (const expression of concept.expressions) {
      const { ids, values } = expression.impacts;
      const score = factorOf(this.#known.scope, concept, expression) * (values[ids.indexOf(id)] ?? 0);
      if (score > (best?.score ?? 0)) best = { expression, score };
    }
    return best;
  }

  #score(step: RankStep, id: number): number {
    return this.#steps.get(step)?.get(id) ?? 0;
  }
}

/** Places from 1; none for what has no score. */
function ranksOf(scores: Scores): ReadonlyMap<number, number> {
  const sorted = [...scores].filter(([, score]) => score > 0).sort(([, a], [, b]) => b - a);
  return new Map(sorted.map(([id], at) => [id, at + 1]));
}
