/** Finds the orders in a row of tokens: one pass, in which each rule remembers how far it got. */
import { conceptNumber } from './concepts.ts';
import type { FindingKind } from './finding.ts';
import { countParts, DEFAULT_GAP, type Place, placesOf, type ScanRule } from './rule-places.ts';
import type { ScanToken, Steps } from './tokens.ts';

export interface ScanHit {
  readonly kind: FindingKind;
  readonly weight: number;
  readonly says: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/** Words before a mention that make it one. */
const NEAR = 8;
const NEGATIONS = new Set(
  "not never don't dont cannot can't shouldn't mustn't won't doesn't avoid refrain nor".split(' '),
);
/** Words that few other languages have. */
const ENGLISH_WORDS = new Set('the of to and with for is this you your from are that be or by each it'.split(' '));
const UNDONE = conceptNumber('UNDONE');
const DETECT = conceptNumber('DETECT');
const MENTION = conceptNumber('MENTION');
const EXAMPLE = conceptNumber('EXAMPLE');

/** The words in the name of a definition. */
export interface NameFacts {
  /** It changes nothing. */
  readonly isReader: boolean;
  /** It is about files, keys or settings. */
  readonly isAboutFiles: boolean;
}

interface MatchOptions extends NameFacts {
  /** The text was encoded: nobody does that with an example. */
  readonly isDecoded: boolean;
}

/** @param signs found in the same text; what is only told of counts less, as with the orders */
export function matchRules(
  tokens: readonly ScanToken[],
  signs: readonly ScanHit[],
  facts: MatchOptions,
  steps: Steps,
): ScanHit[] {
  return new Matcher(tokens, facts, steps).run(signs);
}

class Matcher {
  readonly #tokens: readonly ScanToken[];
  readonly #facts: MatchOptions;
  readonly #steps: Steps;
  /** By part of a rule, the last token at which it was reached, and where its chain began; -1 for never. */
  readonly #reached = new Int32Array(countParts()).fill(-1);
  readonly #began = new Int32Array(countParts()).fill(-1);
  readonly #hits: ScanHit[] = [];
  #sentence = 0;
  #isEnglish: boolean;

  constructor(tokens: readonly ScanToken[], facts: MatchOptions, steps: Steps) {
    this.#tokens = tokens;
    this.#facts = facts;
    this.#steps = steps;
    this.#isEnglish = this.#readsEnglish(0);
  }

  run(signs: readonly ScanHit[]): ScanHit[] {
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

  #sign(hit: ScanHit): void {
    const at = this.#tokens.findIndex(({ start }) => start >= hit.start);
    this.#sentence = this.#tokens.findLastIndex(({ word, start }) => word === '' && start <= hit.start) + 1;
    this.#hits.push(at >= 0 && this.#isMentioned(at) ? { ...hit, weight: 1 } : hit);
  }

  /** True if a sentence is English, so that words which other languages have too are its own. */
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
  #reachAnywhere(rule: ScanRule, within: number, first: number, id: number, at: number): void {
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

  #found(rule: ScanRule, from: number, to: number): void {
    const [first, last] = [this.#tokens[from], this.#tokens[to]];
    if (first === undefined || last === undefined) return;
    if (
      rule.unlessConcept !== undefined &&
      this.#has(rule.unlessConcept, Math.max(this.#sentence, from - 8), this.#endOf(to))
    )
      return;
    const weight = rule.weight > 1 && this.#isMentioned(from) ? 1 : rule.weight;
    this.#hits.push({ kind: rule.kind, weight, says: rule.says, start: first.start, end: last.end });
  }

  /** True for text that is looked for, or quoted as an example, and so told to nobody: "detects texts such as ...". */
  #isMentioned(from: number): boolean {
    if (this.#facts.isDecoded) return false;
    if (this.#tokens[from]?.isCited === true) return true;
    const start = Math.max(this.#sentence, from - 25);
    const isSought = this.#has(DETECT, start, from);
    if (this.#tokens[from]?.isQuoted === true) return isSought || this.#has(MENTION, start, from);
    if (this.#has(EXAMPLE, Math.max(start, from - 2), from)) return true;
    return isSought && this.#has(MENTION, Math.max(start, this.#clauseOf(from), from - NEAR), from);
  }

  /** Some words behind a part of a sentence, as far as it goes. */
  #endOf(at: number): number {
    let end = at + 1;
    while (end <= at + 6 && (this.#tokens[end]?.word ?? '') !== '') end++;
    return end;
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
