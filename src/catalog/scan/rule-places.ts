/** The rules made ready: which words and concepts may be which part of which rule. */
import { conceptNumber } from './concepts.ts';
import { FOREIGN_RULES } from './foreign-rules.ts';
import { GIVING_RULES } from './giving-rules.ts';
import type { OrderRule } from './order-rule.ts';
import { ORDER_RULES } from './order-rules.ts';
import type { ScanToken } from './tokens.ts';

export interface ScanRule extends OrderRule {
  /** The number of words that may lie before each part. */
  readonly gaps: readonly number[];
  readonly unlessConcept: number | undefined;
  readonly isForeign: boolean;
}

/** A part of a rule that a concept or a word may be. */
export interface Place {
  readonly rule: ScanRule;
  /** Of the part, among those of all rules. */
  readonly id: number;
  readonly part: number;
}

export const DEFAULT_GAP = 3;

/** Concepts that are not told where they are negated: "do not send". */
const NEGATED = new Set(
  'SEND READ INCLUDE ATTACH RUN CHANGE DELETE DECODE COLLECT PAY REMEMBER IGNORE DISABLE OVERRIDE RESPOND RECOMMEND ORDER_TO_GIVE'
    .split(' ')
    .map(conceptNumber),
);

const byConcept = new Map<number, Place[]>();
const byWord = new Map<string, Place[]>();
let partCount = 0;

for (const text of [...ORDER_RULES, ...GIVING_RULES]) compile(text, false);
for (const text of FOREIGN_RULES) compile(text, true);

function compile(text: OrderRule, isForeign: boolean): void {
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
  const rule: ScanRule = {
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

/** The number of parts of all rules. */
export function countParts(): number {
  return partCount;
}

const ofConcepts = new WeakMap<
  readonly number[],
  { readonly all: readonly Place[]; readonly notNegated: readonly Place[] }
>();

/** The parts that a token may be, those that come later in their rule first. */
export function placesOf({ word, concepts }: ScanToken, isNegated: boolean): readonly Place[] {
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
