/** Words and phrases with the concepts that they stand for, to be looked up in texts. */
import { ENGLISH } from './english.ts';
import { foldText } from './fold-text.ts';
import { LANGUAGES } from './languages.ts';

/** Concepts by a small number, so that they can stand in arrays. */
const NUMBERS = new Map<string, number>();

/** The number of a concept. */
export function conceptNumber(name: string): number {
  let number = NUMBERS.get(name);
  if (number === undefined) {
    number = NUMBERS.size;
    NUMBERS.set(name, number);
  }
  return number;
}

interface Phrase {
  readonly rest: readonly string[];
  readonly concept: number;
}

/** Fewest letters of a word that is known by its beginning. */
const SHORTEST_STEM = 3;
/** Characters of the longest word that is looked up inside of others. */
const LONGEST_INSIDE = 8;
const UNSPACED = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

const words = new Map<string, number[]>();
const stems = new Map<string, number[]>();
const inside = new Map<string, number[]>();
/** By their first word. */
const phrases = new Map<string, Phrase[]>();
let longestStem = 0;

for (const language of [ENGLISH, ...LANGUAGES]) {
  for (const [concept, text] of Object.entries(language)) for (const entry of entriesOf(text)) add(entry, concept);
}

function entriesOf(text: string): string[] {
  return text.match(/"[^"]+"|\S+/g)?.map((entry) => foldText(entry.replaceAll('"', '')).toLowerCase()) ?? [];
}

function add(entry: string, concept: string): void {
  const number = conceptNumber(concept);
  if (entry.includes(' ') || (entry.includes('-') && !entry.endsWith('*'))) {
    const [first = '', ...rest] = entry.split(/[ -]/);
    put(phrases, first, { rest, concept: number });
  } else if (UNSPACED.test(entry)) put(inside, entry, number);
  else if (entry.endsWith('*')) {
    put(stems, entry.slice(0, -1), number);
    longestStem = Math.max(longestStem, entry.length - 1);
  } else put(words, entry, number);
}

function put<V>(map: Map<string, V[]>, key: string, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

const NONE: readonly number[] = [];

/** Concepts of a word; of the longest known beginning where the word itself is not known. */
export function conceptsOfWord(word: string): readonly number[] {
  const known = words.get(word);
  const stem = word.length > 40 ? undefined : stemOf(word);
  if (known === undefined) return stem ?? NONE;
  return stem === undefined ? known : [...known, ...stem];
}

function stemOf(word: string): readonly number[] | undefined {
  for (let length = Math.min(word.length, longestStem); length >= SHORTEST_STEM; length--) {
    const found = stems.get(word.slice(0, length));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True if a word means anything here. */
export function isKnownWord(word: string): boolean {
  return words.has(word);
}

/** The phrases that may begin with a word. */
export function phrasesFrom(word: string): readonly Phrase[] {
  return phrases.get(word) ?? [];
}

/** The longest word of a script without spaces that stands at an offset. @returns undefined where there is none */
export function wordInside(
  text: string,
  at: number,
): { readonly length: number; readonly concepts: readonly number[] } | undefined {
  for (let length = Math.min(LONGEST_INSIDE, text.length - at); length > 0; length--) {
    const concepts = inside.get(text.slice(at, at + length));
    if (concepts !== undefined) return { length, concepts };
  }
  return undefined;
}
