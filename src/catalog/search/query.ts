/** Reads a question: the ideas in it, each with the words that stand for it. */

import type { NearWord } from '../meaning/meaning-model.ts';
import type { SearchIndex } from './search-index.ts';
import type { Impacts, Scope } from './search-scope.ts';
import { respelled } from './spelling.ts';
import { stem } from './stem.ts';
import { FILLER_WORDS, STOP_WORDS } from './stop-words.ts';
import { synonymGroups } from './synonyms.ts';
import type { Term } from './vocabulary.ts';
import { words } from './words.ts';

/** Ideas of one question that count; a question has few, a pasted page has thousands. */
const MAX_CONCEPTS = 48;
/** Weight of a synonym where servers use the word itself, and where they do not. */
const SYNONYM_WEIGHT = 0.35;
const TRANSLATION_WEIGHT = 0.7;
/** A word that more tools have than this share, and than this number, tells nothing in the place of another. */
const COMMON = 0.05;
const MIN_COMMON = 50;
const JOINED_WEIGHT = 0.8;
/** The weight of a word that is near by meaning, times the cosine. */
const NEAR_WEIGHT = 0.35;
/** A full stop inside a number or a name ends nothing. */
const PART_END = /[.?!;,:\n]+(?=\s|$)|[。？！；、，]+/u;
const FILLER_WEIGHT = 0.6;
const REPEAT_EXPONENT = 0.25;

/** The way by which a word came to stand for an idea. */
export type Standing = 'word' | 'joined' | 'spelling' | 'synonym' | 'meaning';

/** A word that stands for an idea, and how well. */
export interface QueryExpression {
  readonly term: Term;
  readonly how: Standing;
  readonly impacts: Impacts;
  /** 1 for the word itself. */
  readonly weight: number;
}

export interface Concept {
  /** The word of the question. */
  readonly word: string;
  readonly weight: number;
  /** Numbers of the parts of the question that it occurs in, from 0. */
  readonly parts: ReadonlySet<number>;
  readonly expressions: readonly QueryExpression[];
}

export interface Ingredients {
  readonly stop: boolean;
  readonly fillers: boolean;
  readonly synonyms: boolean;
  readonly spelling: boolean;
  readonly joined: boolean;
}

export const ALL_INGREDIENTS: Ingredients = { stop: true, fillers: true, synonyms: true, spelling: true, joined: true };

/** The words that are near to a word by meaning. */
export type NearWordsOf = (word: string) => readonly NearWord[];

/** The ideas of a question that occur in the scope. @param near undefined where nothing is known of meaning */
export function readQuery(
  index: SearchIndex,
  scope: Scope,
  query: string,
  use: Ingredients,
  near?: NearWordsOf,
): Concept[] {
  const counts = new Map<string, { readonly word: string; times: number }>();
  const places = new Map<string, Set<number>>();
  const joined = new Map<string, string[]>();
  for (const [part, sequence] of tellingWords(query, use.stop).entries()) {
    let before = '';
    for (const word of sequence) {
      const text = stem(word);
      const asked = counts.get(text);
      if (asked === undefined) counts.set(text, { word, times: 1 });
      else asked.times++;
      places.set(text, (places.get(text) ?? new Set()).add(part));
      if (before !== '') {
        const both = stem(before + word);
        for (const half of [stem(before), text]) joined.set(half, [...(joined.get(half) ?? []), both]);
      }
      before = word;
    }
  }
  const commonFrom = Math.max(MIN_COMMON, scope.count * COMMON);
  const { fillers, synonyms } = vocabulary();
  const concepts: Concept[] = [];
  for (const [text, { word, times }] of Array.from(counts).slice(0, MAX_CONCEPTS)) {
    const found = new Map<string, QueryExpression>();
    const add = (candidate: string, weight: number, how: Standing): boolean => {
      if (found.has(candidate)) return true;
      const term = index.term(candidate);
      if (term === undefined) return false;
      const impacts = scope.impacts(term);
      if (impacts.ids.length === 0 || (weight < 1 && impacts.ids.length > commonFrom)) return false;
      found.set(candidate, { term, how, impacts, weight });
      return true;
    };
    const exact = add(text, 1, 'word');
    if (use.joined) for (const both of joined.get(text) ?? []) add(both, JOINED_WEIGHT, 'joined');
    if (!exact && use.spelling && found.size === 0) {
      for (const { text: correct, weight } of respelled(index, scope, text)) add(correct, weight, 'spelling');
    }
    if (use.synonyms)
      for (const synonym of synonyms.get(text) ?? [])
        add(synonym, exact ? SYNONYM_WEIGHT : TRANSLATION_WEIGHT, 'synonym');
    if (!exact) for (const { stem: text, cosine } of near?.(word) ?? []) add(text, NEAR_WEIGHT * cosine, 'meaning');
    if (found.size === 0) continue;
    concepts.push({
      word,
      weight: times ** REPEAT_EXPONENT * (use.fillers && fillers.has(text) ? FILLER_WEIGHT : 1),
      parts: places.get(text) ?? new Set(),
      expressions: [...found.values()],
    });
  }
  return concepts;
}

/** The telling words of each sentence and clause. A question of stop words alone is taken at its word. */
export function tellingWords(query: string, stop = true): string[][] {
  const parts = query.split(PART_END).map(words);
  const telling = stop ? parts.map((part) => part.filter((word) => !STOP_WORDS.has(word))) : parts;
  return (telling.some((part) => part.length > 0) ? telling : parts).filter((part) => part.length > 0);
}

interface Vocabulary {
  readonly fillers: ReadonlySet<string>;
  readonly synonyms: ReadonlyMap<string, readonly string[]>;
}

let known: Vocabulary | undefined;

/** Made by the first question: stemming all of it takes longer than most of a start. */
function vocabulary(): Vocabulary {
  known ??= { fillers: new Set(Array.from(FILLER_WORDS, stem)), synonyms: stemmedSynonyms() };
  return known;
}

function stemmedSynonyms(): Map<string, string[]> {
  const synonyms = new Map<string, string[]>();
  for (const group of synonymGroups()) {
    const stems = group.map(stem);
    for (const word of stems) {
      const others = stems.filter((other) => other !== word);
      synonyms.set(word, [...new Set([...(synonyms.get(word) ?? []), ...others])]);
    }
  }
  return synonyms;
}
