/** Messages that came while nobody listened: the newest of them, in order. */

const MAX_COUNT = 100;
/** Characters of all of it together. */
const MAX_LENGTH = 32_768;

interface Backlog<T> {
  /** The oldest go where there is no room; what is too long alone is left out. @param length characters that it takes */
  add(item: T, length: number): void;
  /** All of it, oldest first; nothing is left. */
  take(): readonly T[];
}

export function createBacklog<T>(): Backlog<T> {
  let kept: { readonly item: T; readonly length: number }[] = [];
  let total = 0;
  return {
    add(item, length) {
      // A message that can never fit must not take the place of all that do.
      if (length > MAX_LENGTH) return;
      kept.push({ item, length });
      total += length;
      while (kept.length > MAX_COUNT || total > MAX_LENGTH) total -= kept.shift()?.length ?? 0;
    },
    take() {
      const items = kept.map(({ item }) => item);
      kept = [];
      total = 0;
      return items;
    },
  };
}
