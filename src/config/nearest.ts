/** The name among `known` that differs from a mistyped one by at most two letters; undefined where none is that close. */
export function nearest(mistyped: string, known: readonly string[]): string | undefined {
  // Also keeps the table small: a key of a file can be megabytes long.
  if (mistyped.length > 64) return undefined;
  let best: string | undefined;
  let least = 3;
  for (const name of known) {
    const distance = editDistance(mistyped.toLowerCase(), name);
    if (distance < least && distance < name.length) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/** Letters to insert, delete or replace (Levenshtein), one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let at = 1; at <= to.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (from[line - 1] === to[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
