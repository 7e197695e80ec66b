/** Names that somebody may have meant. */
import { editDistance } from '../shared/edit-distance.ts';
import { words } from './search/words.ts';

/** Names that are suggested at once. */
const MAX_NAMES = 3;
const MAX_LENGTH = 128;

/** The names nearest to a mistyped one, nearest first: few slips, or the same words in another order or spelling. */
export function nearestNames(mistyped: string, names: readonly string[]): string[] {
  if (mistyped.length > MAX_LENGTH) return [];
  const asked = new Set(words(mistyped));
  const wanted = mistyped.toLowerCase();
  const most = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)));
  const scored: { name: string; distance: number }[] = [];
  for (const name of names) {
    if (name.length > MAX_LENGTH) continue;
    const own = words(name);
    const shared = own.filter((word) => asked.has(word)).length;
    const missing = Math.max(own.length, asked.size) - shared;
    const letters = editDistance(wanted, name.toLowerCase(), most);
    const spelled = letters > most ? Number.POSITIVE_INFINITY : letters;
    const distance = shared > 0 ? Math.min(spelled, missing + 1) : spelled;
    if (distance <= Math.max(most, 2)) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, MAX_NAMES).map(({ name }) => name);
}

/**
 * The end of a message: ` Did you mean 'a' or 'b'?`, or nothing.
 * @param shown what a name is called there.
 */
export function didYouMean(
  mistyped: string,
  names: readonly string[],
  shown: (name: string) => string = (name) => name,
): string {
  const near = nearestNames(mistyped, names).map((name) => `'${shown(name)}'`);
  if (near.length === 0) return '';
  const last = near.pop();
  return ` Did you mean ${near.length === 0 ? last : `${near.join(', ')} or ${last}`}?`;
}
