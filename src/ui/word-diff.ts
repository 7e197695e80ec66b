/** Two texts with the words that are in one of them alone. */
import { diffArrays } from 'diff';

export interface Part {
  readonly text: string;
  /** True where the other text has it not. */
  readonly isOwn: boolean;
}

/** Words that may differ; where there are more, the texts count as different altogether. */
const MAX_DIFFERENT = 500;

/** @returns the parts of both; joined, they are the texts */
export function wordDiff(before: string, after: string): readonly [readonly Part[], readonly Part[]] {
  const [one, other] = [wordsOf(before), wordsOf(after)];
  const changes = diffArrays(one, other, { maxEditLength: MAX_DIFFERENT });
  if (changes === undefined) return [[{ text: before, isOwn: true }], [{ text: after, isOwn: true }]];
  const side = (own: 'removed' | 'added', others: 'removed' | 'added'): Part[] =>
    changes.flatMap((change) => (change[others] ? [] : { text: change.value.join(''), isOwn: change[own] }));
  return [side('removed', 'added'), side('added', 'removed')];
}

function wordsOf(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}
