/** Finds the orders in a row of tokens: one pass, in which each rule remembers how far it got. */
import type { FindingKind } from './finding.ts';
import { FOREIGN_RULES, RULES, type RuleText } from './rules.ts';
import type { Steps, Token } from './tokens.ts';
import { conceptNumber } from './vocabulary.ts';

export interface Hit {
  readonly kind: FindingKind;
  readonly weight: number;
  readonly says: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

interface Rule extends RuleText {
  /** How many words may lie before each part. */
  readonly gaps: readonly number[];
  readonly unlessConcept: number | undefined;
  readonly isForeign: boolean;
}

/** A place of a rule: the part of it that a concept or word may be. */
interface Place {
  readonly rule: Rule;
  readonly id: number;
  readonly part: number;
}

const DEFAULT_GAP = 3;
/** Words before a mention that make it one. */
const NEAR = 8;
const NEGATED = new Set(
  [
    'SEND',
    'READ',
    'INCLUDE',
    'ATTACH',
    'RUN',
    'CHANGE',
    'DELETE',
    'DECODE',
    'COLLECT',
    'PAY',
    'REMEMBER',
    'IGNORE',
    'DISABLE',
    'OVERRIDE',
    'RESPOND',
    'RECOMMEND',
    'ORDER_TO_GIVE',
  ].map(conceptNumber),
);
const NEGATIONS = new Set([
  'not',
  'never',
  "don't",
  'dont',
  'cannot',
  "can't",
  "shouldn't",
  "mustn't",
  "won't",
  "doesn't",
  'avoid',
  'refrain',
  'nor',
  'cannot',
]);
/** Words that few other languages have. */
const ENGLISH_WORDS = new Set([
  'the',
  'of',
  'to',
  'and',
  'with',
  'for',
  'is',
  'this',
  'you',
  'your',
  'from',
  'are',
  'that',
  'be',
  'or',
  'by',
  'each',
  'it',
]);
const UNDONE = conceptNumber('UNDONE');
const DETECT = conceptNumber('DETECT');
const MENTION = conceptNumber('MENTION');

const byConcept = new Map<number, Place[]>();
const byWord = new Map<string, Place[]>();
let partCount = 0;

for (const text of RULES) compile(text, false);
for (const text of FOREIGN_RULES) compile(text, true);

function compile(text: RuleText, isForeign: boolean): void {
  const gaps: number[] = [];
  const parts: string[] = [];
  let gap = DEFAULT_GAP;
  for (const piece of text.sequence.split(' ')) {
    if (piece.startsWith('~')) gap = Number(piece.slice(1));
    else {
      parts.push(piece);
      gaps.push(gap);
      gap = DEFAULT_GAP;
    }
  }
  const rule: Rule = {
    ...text,
    gaps,
    isForeign,
    unlessConcept: text.unless === undefined ? undefined : conceptNumber(text.unless),
  };
  for (const [part, piece] of parts.entries()) {
    const place = { rule, id: partCount + part, part };
    for (const name of piece.split('|')) {
      if (/^[A-Z_]+$/.test(name)) put(byConcept, conceptNumber(name), place);
      else put(byWord, name, place);
    }
  }
  partCount += parts.length;
}

function put<K>(map: Map<K, Place[]>, key: K, place: Place): void {
  const places = map.get(key);
  if (places === undefined) map.set(key, [place]);
  else places.push(place);
}

/** What the name of a definition says. */
export interface NameFacts {
  /** It changes nothing. */
  readonly isReader: boolean;
  /** It is about files, keys or settings. */
  readonly isAboutFiles: boolean;
}

export interface MatchOptions extends NameFacts {
  /** The text was encoded: nobody does that with an example. */
  readonly isDecoded: boolean;
}

/** @param signs found in the same text; what is only told of counts less, as with the orders */
export function matchRules(tokens: readonly Token[], signs: readonly Hit[], facts: MatchOptions, steps: Steps): Hit[] {
  return new Matcher(tokens, facts, steps).run(signs);
}

class Matcher {
  readonly #tokens: readonly Token[];
  readonly #facts: MatchOptions;
  readonly #steps: Steps;
  /** By part of a rule, the last token at which it was reached, and where its chain began; -1 for never. */
  readonly #reached = new Int32Array(partCount).fill(-1);
  readonly #began = new Int32Array(partCount).fill(-1);
  readonly #hits: Hit[] = [];
  #sentence = 0;
  #isEnglish: boolean;

  constructor(tokens: readonly Token[], facts: MatchOptions, steps: Steps) {
    this.#tokens = tokens;
    this.#facts = facts;
    this.#steps = steps;
    this.#isEnglish = this.#readsEnglish(0);
  }

  run(signs: readonly Hit[]): Hit[] {
    for (const [at, token] of this.#tokens.entries()) {
      if (token.word === '') {
        this.#sentence = at + 1;
        this.#isEnglish = this.#readsEnglish(at + 1);
        continue;
      }
      const places = placesOf(token, this.#isNegated(at));
      this.#steps.count += 1 + places.length;
      // Later parts first: no token is two parts of one rule.
      for (const place of places) this.#reach(place, at);
    }
    for (const sign of signs) this.#sign(sign);
    return this.#hits;
  }

  #sign(hit: Hit): void {
    const at = this.#tokens.findIndex(({ start }) => start >= hit.start);
    this.#sentence = this.#tokens.findLastIndex(({ word, start }) => word === '' && start <= hit.start) + 1;
    this.#hits.push(at >= 0 && this.#isMentioned(at) ? { ...hit, weight: 1 } : hit);
  }

  /** Whether a sentence is English, so that words which other languages have too are its own. */
  #readsEnglish(from: number): boolean {
    let count = 0;
    for (let at = from; at < this.#tokens.length && this.#tokens[at]?.word !== ''; at++) {
      this.#steps.count++;
      if (ENGLISH_WORDS.has(this.#tokens[at]?.word ?? '')) count++;
    }
    return count > 1;
  }

  #reach({ rule, id, part }: Place, at: number): void {
    if (rule.ofReaders === true && !this.#facts.isReader) return;
    if (rule.unlessNamed === true && this.#facts.isAboutFiles) return;
    if (rule.isForeign && this.#isEnglish) return;
    if (rule.within !== undefined) {
      this.#reachAnywhere(rule, rule.within, id - part, id, at);
      return;
    }
    let began = at;
    if (part > 0) {
      const before = this.#reached[id - 1] ?? -1;
      const isNear = before >= 0 && before < at && at - before - 1 <= (rule.gaps[part] ?? DEFAULT_GAP);
      if (!isNear || (rule.acrossSentences !== true && before < this.#sentence)) return;
      began = this.#began[id - 1] ?? at;
    }
    this.#reached[id] = at;
    this.#began[id] = began;
    if (part === rule.gaps.length - 1) this.#found(rule, began, at);
  }

  /** All parts in any order, near each other. */
  #reachAnywhere(rule: Rule, within: number, first: number, id: number, at: number): void {
    this.#reached[id] = at;
    let least = at;
    const seen = new Set<number>();
    for (let other = first; other < first + rule.gaps.length; other++) {
      const reached = this.#reached[other] ?? -1;
      if (reached < this.#sentence || at - reached > within) return;
      least = Math.min(least, reached);
      seen.add(reached);
    }
    if (seen.size >= rule.gaps.length) this.#found(rule, least, at);
  }

  #found(rule: Rule, from: number, to: number): void {
    const [first, last] = [this.#tokens[from], this.#tokens[to]];
    if (first === undefined || last === undefined) return;
    if (rule.unlessConcept !== undefined && this.#has(rule.unlessConcept, Math.max(this.#sentence, from - 8), to))
      return;
    const weight = rule.weight > 1 && this.#isMentioned(from) ? 1 : rule.weight;
    this.#hits.push({ kind: rule.kind, weight, says: rule.says, start: first.start, end: last.end });
  }

  /** What is looked for, or quoted as an example, is told to nobody: "detects texts such as ...". */
  #isMentioned(from: number): boolean {
    if (this.#facts.isDecoded) return false;
    if (this.#tokens[from]?.isCited === true) return true;
    const start = Math.max(this.#sentence, from - 25);
    const isSought = this.#has(DETECT, start, from);
    if (this.#tokens[from]?.isQuoted === true) return isSought || this.#has(MENTION, start, from);
    return isSought && this.#has(MENTION, Math.max(start, this.#clauseOf(from), from - NEAR), from);
  }

  #clauseOf(from: number): number {
    let at = from;
    while (at > this.#sentence && at > from - NEAR && this.#tokens[at]?.beginsClause === false) at--;
    return at;
  }

  #has(concept: number, from: number, to: number): boolean {
    for (let at = from; at < to; at++) {
      this.#steps.count++;
      if (this.#tokens[at]?.concepts.includes(concept) === true) return true;
    }
    return false;
  }

  /** "Do not send", and not "do not forget to send". */
  #isNegated(at: number): boolean {
    for (let before = at - 1; before >= Math.max(this.#sentence, at - 2); before--) {
      const token = this.#tokens[before];
      if (token === undefined || token.concepts.includes(UNDONE)) return false;
      if (NEGATIONS.has(token.word)) return true;
    }
    return false;
  }
}

const ofConcepts = new WeakMap<
  readonly number[],
  { readonly all: readonly Place[]; readonly notNegated: readonly Place[] }
>();

function placesOf({ word, concepts }: Token, isNegated: boolean): readonly Place[] {
  let places = ofConcepts.get(concepts);
  if (places === undefined) {
    places = { all: placesBy(concepts), notNegated: placesBy(concepts.filter((concept) => !NEGATED.has(concept))) };
    ofConcepts.set(concepts, places);
  }
  const known = isNegated ? places.notNegated : places.all;
  const own = byWord.get(word);
  return own === undefined ? known : [...known, ...own].sort(laterFirst);
}

function placesBy(concepts: readonly number[]): Place[] {
  return [...new Set(concepts.flatMap((concept) => byConcept.get(concept) ?? []))].sort(laterFirst);
}

function laterFirst(one: Place, other: Place): number {
  return other.id - one.id;
}
