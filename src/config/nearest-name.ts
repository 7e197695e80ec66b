import { editDistance } from '../shared/edit-distance.ts';

/** The name among `known` that differs from a mistyped one by at most two letters; undefined where none is that close. */
export function nearest(mistyped: string, known: readonly string[]): string | undefined {
  // Also keeps the table small: a key of a file can be megabytes long.
  if (mistyped.length > 64) return undefined;
  let best: string | undefined;
  let least = 3;
  for (const name of known) {
    const distance = editDistance(mistyped.toLowerCase(), name, 2);
    if (distance < least && distance < name.length) {
      least = distance;
      best = name;
    }
  }
  return best;
}
