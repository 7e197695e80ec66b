/** The containers that are open in a scan. */
import type { Member, Shape } from './members.ts';

/** Above this many keys a set is cheaper than comparing each with each. */
const LINEAR_KEYS = 8;

/** A container that is open. A class, because every message makes some. */
export class ScanFrame {
  readonly outer: ScanFrame | undefined;
  readonly depth: number;
  /** Made once for all containers at its depth. */
  inner: ScanFrame | undefined;
  isObject = false;
  start = 0;
  /** The members of an object that the shape names. */
  members: Member[] | undefined;
  shape: Shape | undefined;
  /** Of an object: its keys so far, where those among the keys of all begin, and the set of them once there are many. */
  count = 0;
  firstKey = 0;
  keySet: Set<string> | undefined;
  /** The member that is being read. */
  key = '';
  keyStart = 0;
  valueStart = 0;

  constructor(outer: ScanFrame | undefined) {
    this.outer = outer;
    this.depth = outer === undefined ? 0 : outer.depth + 1;
  }
}

/** The keys of the objects that are open, those of the innermost last: one list for all of them. */
export class OpenKeys {
  readonly #keys: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** An object has ended, whose keys begin there. */
  dropFrom(first: number): void {
    this.#count = first;
  }

  /** Adds a key of the innermost object. @returns false where the object has it already. */
  add(frame: ScanFrame, key: string): boolean {
    const { firstKey } = frame;
    if (frame.keySet === undefined && this.#count - firstKey === LINEAR_KEYS) {
      frame.keySet = new Set(this.#keys.slice(firstKey, this.#count));
    }
    const { keySet } = frame;
    if (keySet === undefined ? this.#has(key, firstKey) : keySet.has(key)) return false;
    if (keySet === undefined) this.#keys[this.#count++] = key;
    else keySet.add(key);
    return true;
  }

  #has(key: string, from: number): boolean {
    for (let index = from; index < this.#count; index++) if (this.#keys[index] === key) return true;
    return false;
  }
}
