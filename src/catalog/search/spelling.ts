/** Words that nobody wrote, but that somebody may have meant. */
import { editDistance } from '../../shared/edit-distance.ts';
import { differences, letterSet } from './letters.ts';
import type { SearchIndex } from './search-index.ts';
import type { Scope } from './search-scope.ts';

/** Shorter words have too many neighbours. */
const MIN_LENGTH = 4;
/** From this length on two slips are forgiven. */
const LONG = 8;
const ONE_SLIP_WEIGHT = 0.4;
const TWO_SLIPS_WEIGHT = 0.2;
const MAX_LENGTH = 32;
const MAX_CORRECTIONS = 3;

interface Correction {
  readonly text: string;
  readonly weight: number;
}

/**
 * Corrects a word that does not occur in the scope: the nearest words of the scope. The first letter is taken to be right.
 */
export function respelled(index: SearchIndex, scope: Scope, word: string): readonly Correction[] {
  if (word.length < MIN_LENGTH || word.length > MAX_LENGTH || !/^\p{L}+$/u.test(word)) return [];
  const allowed = word.length >= LONG ? 2 : 1;
  const letters = letterSet(word);
  const found: { text: string; distance: number }[] = [];
  for (let length = word.length - allowed; length <= word.length + allowed; length++) {
    for (const term of index.similar(word.charAt(0), length)) {
      if (differences(letters, term.letters) > 2 * allowed) continue;
      const distance = editDistance(word, term.text, allowed);
      if (distance <= allowed && scope.impacts(term).ids.length > 0) found.push({ text: term.text, distance });
    }
  }
  found.sort((a, b) => a.distance - b.distance || (a.text < b.text ? -1 : 1));
  const nearest = found.filter(({ distance }) => distance === found[0]?.distance).slice(0, MAX_CORRECTIONS);
  return nearest.map(({ text, distance }) => ({ text, weight: distance === 1 ? ONE_SLIP_WEIGHT : TWO_SLIPS_WEIGHT }));
}
