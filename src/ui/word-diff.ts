/** Two texts with the words that are in one of them alone. */

export interface Part {
  readonly text: string;
  /** True where the other text has it not. */
  readonly isOwn: boolean;
}

/** Pairs of words that are compared; beyond, everything between equal ends counts as different. */
const MAX_PAIRS = 250_000;

/** @returns the parts of both; joined, they are the texts */
export function wordDiff(before: string, after: string): readonly [readonly Part[], readonly Part[]] {
  const [one, other] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  const room = Math.min(one.length, other.length) - start;
  while (end < room && one.at(-1 - end) === other.at(-1 - end)) end++;
  const [left, right] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  const [keptLeft, keptRight] = common(left, right);
  const side = (words: readonly string[], middle: readonly string[], kept: ReadonlySet<number>): Part[] =>
    joined([
      ...words.slice(0, start).map((text) => ({ text, isOwn: false })),
      ...middle.map((text, at) => ({ text, isOwn: !kept.has(at) })),
      ...words.slice(words.length - end).map((text) => ({ text, isOwn: false })),
    ]);
  return [side(one, left, keptLeft), side(other, right, keptRight)];
}

function wordsOf(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** The places of the longest words that both have in a row. */
function common(
  left: readonly string[],
  right: readonly string[],
): readonly [ReadonlySet<number>, ReadonlySet<number>] {
  const [keptLeft, keptRight] = [new Set<number>(), new Set<number>()];
  if (left.length * right.length > MAX_PAIRS) return [keptLeft, keptRight];
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let one = left.length - 1; one >= 0; one--) {
    for (let other = right.length - 1; other >= 0; other--) {
      const at = one * width + other;
      lengths[at] =
        left[one] === right[other]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  let [one, other] = [0, 0];
  while (one < left.length && other < right.length) {
    const at = one * width + other;
    if (left[one] === right[other]) {
      keptLeft.add(one++);
      keptRight.add(other++);
    } else if ((lengths[at + width] ?? 0) >= (lengths[at + 1] ?? 0)) one++;
    else other++;
  }
  return [keptLeft, keptRight];
}

function joined(parts: readonly Part[]): Part[] {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.isOwn === part.isOwn) all[all.length - 1] = { text: last.text + part.text, isOwn: part.isOwn };
    else all.push(part);
  }
  return all;
}
