/** Slots for what is there at a time: a power of two. */
const SLOTS = 256;
const MASK = SLOTS - 1;

/**
 * Values by numbers that are given one after the other, such as the ids of requests. A map in which entries come and go makes a new
 * table again and again, and V8 keeps the former ones, with all that was in them, until a full collection; here a slot is used again.
 */
export class NumberTable<T> {
  readonly #keys: number[] = new Array<number>(SLOTS).fill(-1);
  readonly #values: (T | undefined)[] = new Array<T | undefined>(SLOTS).fill(undefined);
  /** Those whose slot was taken by one that has been there for long. */
  readonly #others = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param key a whole number from 0 on that is not in the table. */
  add(key: number, value: T): void {
    const slot = key & MASK;
    if (this.#keys[slot] === -1) {
      this.#keys[slot] = key;
      this.#values[slot] = value;
    } else this.#others.set(key, value);
    this.#size++;
  }

  get(key: number): T | undefined {
    const slot = key & MASK;
    return this.#keys[slot] === key ? this.#values[slot] : this.#others.get(key);
  }

  /** @returns false where it was not there. */
  delete(key: number): boolean {
    const slot = key & MASK;
    if (this.#keys[slot] === key) {
      this.#keys[slot] = -1;
      this.#values[slot] = undefined;
    } else if (!this.#others.delete(key)) return false;
    this.#size--;
    return true;
  }

  /** All that are there now, in the order of their numbers. */
  values(): T[] {
    const found: [number, T][] = [...this.#others];
    for (let slot = 0; slot < SLOTS; slot++) {
      const key = this.#keys[slot] ?? -1;
      if (key !== -1) found.push([key, this.#values[slot] as T]);
    }
    return found.sort(([one], [other]) => one - other).map(([, value]) => value);
  }
}
