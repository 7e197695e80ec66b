/**
 * Letters to insert, delete, replace or swap with their neighbour (optimal string alignment); more than `most` for anything
 * farther away.
 */
export function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    let least = line;
    for (let at = 1; at <= to.length; at++) {
      const same = from[line - 1] === to[at - 1];
      let value = Math.min((row[at - 1] ?? 0) + (same ? 0 : 1), (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1);
      if (line > 1 && at > 1 && from[line - 1] === to[at - 2] && from[line - 2] === to[at - 1]) {
        value = Math.min(value, (before[at - 2] ?? 0) + 1);
      }
      next.push(value);
      least = Math.min(least, value);
    }
    if (least > most) return most + 1;
    before = row;
    row = next;
  }
  return row[to.length] ?? most + 1;
}
