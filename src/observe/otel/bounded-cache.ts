import { detached } from '../../shared/detached.ts';
/** Lists of values under two names each, as long as there are not too many values; then it begins anew. */
export class BoundedCache<T> {
  readonly #most: number;
  readonly #lists = new Map<string, Map<string, T[]>>();
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns undefined for none */
  get(first: string, second: string): readonly T[] | undefined {
    return this.#lists.get(first)?.get(second);
  }

  keep(first: string, second: string, value: T): T {
    if (this.#count >= this.#most) this.clear();
    this.#count++;
    const inner = this.#lists.get(first) ?? new Map<string, T[]>();
    // Names may be parts of long texts.
    if (inner.size === 0) this.#lists.set(detached(first), inner);
    const list = inner.get(second);
    if (list === undefined) inner.set(detached(second), [value]);
    else list.push(value);
    return value;
  }

  clear(): void {
    this.#lists.clear();
    this.#count = 0;
  }
}
