/**
 * The evidence for tools in the meaning of a question: by the model that comes with the program, where words say little. A document's
 * vector depends on its own definition alone, and how near it is counts among what the agent may find and nothing else.
 */
import type { KeptDirections } from '../meaning/kept-directions.ts';
import type { MeaningModel, NearWord } from '../meaning/meaning-model.ts';
import { type Direction, directionOf, MeaningVectors, numbersOf, withLengths } from '../meaning/meaning-vectors.ts';
import type { ToolEntry } from '../tool-entry.ts';
import { FOREIGN_WORDS } from './foreign-words.ts';
import { tellingWords } from './query.ts';

/** Documents that can be near; the farthest of them counts nothing. */
const NEAR = 100;
/** The share of the nearest document, in units of the best score that words gave. */
const NEAREST = 1.25;
/** The share of the document that is nearest to one sentence or clause of several, of that. */
const NEAREST_TO_PART = 0.7;
/** Words from which on a question is long: its own words decide the more, the longer it is. */
const LONG = 6;
/** The share of known words below which a question is in another language, and meaning says nothing. */
const MOSTLY = 0.5;
/** Sentences and clauses of a question that are looked up one by one. */
const MAX_PARTS = 6;
/** The cosine from which on a document is found that has no word of the question; two texts at random have less. */
const FOUND = 0.25;
/** The weight of the names beside the whole text: a long description must not drown them. */
const NAMES = 0.5;
/** Characters of a definition that say what a tool is for. */
const MAX_TEXT = 1000;

interface MeaningEvidence {
  /** For what is near enough to be found by it. */
  readonly evidence: Map<number, number>;
  /** For what is not, and needs words as well. */
  readonly support: Map<number, number>;
  /** The words that are near to one of the question; undefined for a question in another language. */
  readonly near: ((word: string) => readonly NearWord[]) | undefined;
}

/** The model that comes with the program, and what is kept of what it said before. */
export interface LoadedMeaning {
  readonly model: MeaningModel;
  readonly kept?: Pick<KeptDirections, 'numbersOf'> | undefined;
}

/** The weight of meaning for one question. */
export interface MeaningWeight {
  /** The number of telling words. */
  readonly words: number;
  /** The share of them that the model knows. */
  readonly known: number;
  /** The share of the nearest document, in units of the best score that words gave. */
  readonly share: number;
}

interface MeaningComparison {
  readonly weight: MeaningWeight;
  /** By position of the document. */
  readonly cosines: Float64Array;
}

export class Meaning {
  readonly #model: MeaningModel;
  readonly #kept: LoadedMeaning['kept'];
  readonly #vectors: MeaningVectors;

  constructor({ model, kept }: LoadedMeaning) {
    this.#model = model;
    this.#kept = kept;
    this.#vectors = new MeaningVectors(model.dimensions);
  }

  /** The meaning of a tool: what its server, its name and its description say. */
  of(server: string, { title, name, description = '' }: Pick<ToolEntry, 'title' | 'name' | 'description'>): Direction {
    const names = `${server} ${title ?? name}`;
    const rest = `: ${description}`.slice(0, MAX_TEXT);
    const make = (): Int8Array => numbersOf(this.#sumOf(names, rest));
    const numbers = this.#kept?.numbersOf(`${names}\n${rest}`, this.#model.dimensions, make) ?? make();
    return withLengths(numbers);
  }

  /** Of the whole text, and of its names besides. */
  #sumOf(names: string, rest: string): Float64Array {
    const named = new Float64Array(this.#model.dimensions);
    this.#model.addTo(named, spaced(names));
    const sum = named.slice();
    this.#model.addTo(sum, spaced(rest));
    const [whole, part] = [1 / lengthOf(sum), NAMES / lengthOf(named)];
    for (let at = 0; at < sum.length; at++) sum[at] = whole * (sum[at] as number) + part * (named[at] as number);
    return sum;
  }

  /** Gives a document its meaning. */
  set(id: number, direction: Direction): void {
    this.#vectors.set(id, direction);
  }

  /** Gives a document the meaning of another one. */
  copy(from: number, to: number): void {
    this.#vectors.copy(from, to);
  }

  /** The nearness of each document to a question, and what decides how much that counts. @param ids of the documents that may be found */
  compare(query: string, ids: Int32Array): MeaningComparison {
    const { parts, whole } = this.#read(query);
    return { weight: this.#weigh(parts), cosines: this.#vectors.compare(directionOf(whole), ids) };
  }

  /** @param ids of the documents that may be found */
  evidence(query: string, ids: Int32Array): MeaningEvidence {
    const { parts, sums, whole } = this.#read(query);
    const shares = new Map<number, number>();
    const { share } = this.#weigh(parts);
    const near = share === 0 ? undefined : (word: string) => this.#model.near(word);
    const found = { evidence: new Map<number, number>(), support: new Map<number, number>(), near };
    if (sums.length === 0 || share === 0) return found;
    const question = directionOf(whole);
    const candidates = this.#vectors.candidates(question, ids);
    const isNear = new Set<number>();
    const look = (direction: Direction, most: number): void =>
      addNearest(shares, isNear, candidates, this.#vectors.compare(direction, candidates), most);
    look(question, share);
    if (sums.length > 1) for (const sum of sums.slice(0, MAX_PARTS)) look(directionOf(sum), NEAREST_TO_PART * share);
    for (const [id, one] of shares) (isNear.has(id) ? found.evidence : found.support).set(id, one);
    return found;
  }

  #weigh(parts: readonly (readonly string[])[]): MeaningWeight {
    const asked = [...new Set(parts.flat())];
    // Of a question in another language the model knows little, and its pieces mean something else.
    const isKnown = (word: string): boolean => this.#model.knows(word) && !FOREIGN_WORDS.has(word);
    const known = asked.filter(isKnown).length / Math.max(asked.length, 1);
    const share = (known >= MOSTLY ? NEAREST * known : 0) * Math.min(1, LONG / Math.max(asked.length, 1));
    return { words: asked.length, known, share };
  }

  /** The telling words of a question by part, the sum of each part that has a meaning, and that of all. */
  #read(query: string): { parts: string[][]; sums: Float64Array[]; whole: Float64Array } {
    const parts = tellingWords(query);
    const whole = new Float64Array(this.#model.dimensions);
    const sums: Float64Array[] = [];
    for (const part of parts) {
      const sum = new Float64Array(whole.length);
      if (this.#model.addTo(sum, part.join(' ')) === 0) continue;
      sums.push(sum);
      for (const [at, number] of sum.entries()) whole[at] = (whole[at] as number) + number;
    }
    return { parts, sums, whole };
  }
}

/** Adds the nearest documents, from the farthest of them at 0 to the nearest at `share`. The best of several comparisons counts. */
function addNearest(
  shares: Map<number, number>,
  isNear: Set<number>,
  ids: Int32Array,
  cosines: Float64Array,
  share: number,
): void {
  const sorted = cosines.slice().sort();
  const least = sorted[sorted.length - NEAR] ?? Math.min(sorted[0] ?? 0, 0);
  const most = sorted.at(-1) ?? 0;
  for (let at = 0; at < ids.length; at++) {
    const cosine = cosines[at] as number;
    if (cosine <= least) continue;
    const id = ids[at] as number;
    const near = (share * (cosine - least)) / (most - least);
    if (near > (shares.get(id) ?? 0)) shares.set(id, near);
    if (cosine >= FOUND) isNear.add(id);
  }
}

/** The length of a vector; 1 for one that points nowhere. */
function lengthOf(vector: Float64Array): number {
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += (vector[at] as number) ** 2;
  return Math.sqrt(squares) || 1;
}

/** Words that are written as one in names stand apart. */
function spaced(text: string): string {
  return text.replace(/([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2 ').replaceAll('_', ' ');
}
