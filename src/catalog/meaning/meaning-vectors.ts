/** The vectors of documents by id, in one piece of memory, and how near they are to a question. */

/** Documents for which there is room at first. */
const FIRST_ROOM = 256;
/** Numbers that are compared first where there are many documents: the telling ones stand there. */
const PREFIX = 32;
/** Documents that are then compared by all numbers. */
const COMPARED = 1000;
/** Steps in which the first comparison tells documents apart. */
const STEPS = 4096;

/** A direction, with the inverse of its length and that of its first numbers; 0 for one that points nowhere. */
export interface Direction {
  readonly numbers: Int8Array;
  readonly inverse: number;
  readonly prefixInverse: number;
}

/** @param sum a vector of any length */
export function directionOf(sum: Float64Array): Direction {
  return withLengths(numbersOf(sum));
}

/** The numbers of a direction. */
export function numbersOf(sum: Float64Array): Int8Array {
  let largest = 0;
  for (let at = 0; at < sum.length; at++) largest = Math.max(largest, Math.abs(sum[at] as number));
  const factor = largest === 0 ? 0 : 127 / largest;
  const numbers = new Int8Array(sum.length);
  for (let at = 0; at < sum.length; at++) numbers[at] = Math.round((sum[at] as number) * factor);
  return numbers;
}

/** The direction that has these numbers. */
export function withLengths(numbers: Int8Array): Direction {
  let squares = 0;
  let prefixSquares = 0;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] as number;
    squares += number * number;
    if (at < PREFIX) prefixSquares += number * number;
  }
  return { numbers, inverse: inverseRoot(squares), prefixInverse: inverseRoot(prefixSquares) };
}

function inverseRoot(squares: number): number {
  return squares === 0 ? 0 : 1 / Math.sqrt(squares);
}

export class MeaningVectors {
  readonly #dimensions: number;
  #numbers: Int8Array;
  #inverses = new Float64Array(FIRST_ROOM);
  #prefixInverses = new Float64Array(FIRST_ROOM);

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#numbers = new Int8Array(FIRST_ROOM * dimensions);
  }

  set(id: number, { numbers, inverse, prefixInverse }: Direction): void {
    if (id >= this.#inverses.length) this.#grow(Math.max(id + 1, 2 * this.#inverses.length));
    this.#numbers.set(numbers, id * this.#dimensions);
    this.#inverses[id] = inverse;
    this.#prefixInverses[id] = prefixInverse;
  }

  /** Gives a document the vector of another one: what it says did not change. */
  copy(from: number, to: number): void {
    const start = from * this.#dimensions;
    const numbers = this.#numbers.slice(start, start + this.#dimensions);
    const [inverse = 0, prefixInverse = 0] = [this.#inverses[from], this.#prefixInverses[from]];
    this.set(to, { numbers, inverse, prefixInverse });
  }

  /** The documents that are worth comparing: all, or of many those whose first numbers are near. */
  candidates(question: Direction, ids: Int32Array): Int32Array {
    if (ids.length <= COMPARED) return ids;
    const steps = new Int32Array(ids.length);
    const counts = new Int32Array(STEPS + 1);
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number;
      const cosine =
        this.#product(question.numbers, id, PREFIX) * question.prefixInverse * (this.#prefixInverses[id] as number);
      const step = ((STEPS / 2) * (cosine + 1) + 0.5) | 0;
      steps[at] = step;
      counts[step] = (counts[step] as number) + 1;
    }
    let least = STEPS;
    for (let count = counts[least] as number; count < COMPARED && least > 0; ) count += counts[--least] as number;
    const near = new Int32Array(ids.length);
    let found = 0;
    for (let at = 0; at < ids.length; at++) if ((steps[at] as number) >= least) near[found++] = ids[at] as number;
    return near.subarray(0, found);
  }

  /** The cosine of the angle between the question and each document. */
  compare(question: Direction, ids: Int32Array): Float64Array {
    const cosines = new Float64Array(ids.length);
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number;
      const inverse = question.inverse * (this.#inverses[id] as number);
      cosines[at] = this.#product(question.numbers, id, this.#dimensions) * inverse;
    }
    return cosines;
  }

  /** @param length a multiple of four: four sums at a time take half as long as one */
  #product(numbers: Int8Array, id: number, length: number): number {
    const own = this.#numbers;
    const start = id * this.#dimensions;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = 0; at < length; at += 4) {
      const place = start + at;
      a = (a + Math.imul(numbers[at] as number, own[place] as number)) | 0;
      b = (b + Math.imul(numbers[at + 1] as number, own[place + 1] as number)) | 0;
      c = (c + Math.imul(numbers[at + 2] as number, own[place + 2] as number)) | 0;
      d = (d + Math.imul(numbers[at + 3] as number, own[place + 3] as number)) | 0;
    }
    return a + b + c + d;
  }

  #grow(room: number): void {
    const [numbers, inverses, prefixInverses] = [this.#numbers, this.#inverses, this.#prefixInverses];
    this.#numbers = new Int8Array(room * this.#dimensions);
    this.#numbers.set(numbers);
    this.#inverses = new Float64Array(room);
    this.#inverses.set(inverses);
    this.#prefixInverses = new Float64Array(room);
    this.#prefixInverses.set(prefixInverses);
  }
}
