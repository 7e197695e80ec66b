/** Two texts as a unified diff. */

/** Lines that are shown around a change. */
const CONTEXT = 3;
/** Cells of the table that a change is found with; beyond, everything between the ends that are equal is one change. */
const MAX_CELLS = 4_000_000;

interface DiffLine {
  readonly sign: ' ' | '-' | '+' | '@';
  readonly text: string;
}

/** @returns nothing where the texts are the same */
export function lineDiff(before: string, after: string): DiffLine[] {
  const lines = allLines(split(before), split(after));
  const shown: DiffLine[] = [];
  let [old, now, last] = [1, 1, -2];
  for (const [at, line] of lines.entries()) {
    const isNear = lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' ');
    if (isNear) {
      if (last !== at - 1) shown.push({ sign: '@', text: `@@ -${old} +${now} @@` });
      shown.push(line);
      last = at;
    }
    if (line.sign !== '+') old++;
    if (line.sign !== '-') now++;
  }
  return shown;
}

function split(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function allLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const line = (sign: DiffLine['sign']) => (text: string) => ({ sign, text });
  return [
    ...before.slice(0, start).map(line(' ')),
    ...changes(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(line(' ')),
  ];
}

/** The longest common lines stay; found from the end, so that they can be read from the start. */
function changes(before: readonly string[], after: readonly string[]): DiffLine[] {
  const width = after.length + 1;
  const isLarge = before.length * after.length > MAX_CELLS;
  const lengths = new Uint32Array(isLarge ? 0 : (before.length + 1) * width);
  for (let one = isLarge ? -1 : before.length - 1; one >= 0; one--) {
    for (let other = after.length - 1; other >= 0; other--) {
      const at = one * width + other;
      lengths[at] =
        before[one] === after[other]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let [one, other] = [0, 0];
  while (one < before.length || other < after.length) {
    const [old, now] = [before[one], after[other]];
    const at = one * width + other;
    if (!isLarge && old !== undefined && old === now) {
      lines.push({ sign: ' ', text: old });
      one++;
      other++;
    } else if (
      old !== undefined &&
      (now === undefined || isLarge || (lengths[at + width] ?? 0) >= (lengths[at + 1] ?? 0))
    ) {
      lines.push({ sign: '-', text: old });
      one++;
    } else {
      lines.push({ sign: '+', text: now ?? '' });
      other++;
    }
  }
  return lines;
}
