/**
 * A small model of meaning: a vector for each piece of a word. The meaning of a text is the sum of its pieces, as a direction.
 * The vectors were made from a model of sentences (scripts/meaning), so that sums of texts that say the same point the same way.
 */
import { setImmediate } from 'node:timers/promises';
import { createSlices } from '../../shared/slices.ts';
import { stem } from '../search/stem.ts';
import { NearWords } from './near-words.ts';
import { WordPieces } from './word-pieces.ts';

/** The line that a table begins with. Then come the pieces, one a line; a scale per piece; the numbers of each piece as bytes. */
const HEAD = /^{"version":1,"dimensions":(\d+),"pieces":(\d+),"text":(\d+)}\n/;
const MAX_HEAD = 200;
/** Pieces that are read before it is looked whether others want their turn. */
const SLICE = 500;

/** Words whose near words are remembered. */
const MAX_REMEMBERED = 5000;

/** A word that is near to another one. */
export interface NearWord {
  readonly stem: string;
  readonly cosine: number;
}

/** The numbers of a table, and where its parts begin. */
interface Layout {
  readonly dimensions: number;
  readonly count: number;
  readonly text: number;
  readonly scales: number;
  readonly numbers: number;
}

function layoutOf(table: Buffer): Layout {
  const head = HEAD.exec(table.toString('latin1', 0, MAX_HEAD));
  const [dimensions = 0, count = 0, length = 0] = head?.slice(1).map(Number) ?? [];
  const text = head?.[0].length ?? 0;
  const scales = text + length;
  const numbers = scales + 4 * count;
  if (head === null || table.length !== numbers + count * dimensions) throw new Error('This is no table of meanings.');
  return { dimensions, count, text, scales, numbers };
}

export class MeaningModel {
  /** Numbers of a vector, the telling ones first. */
  readonly dimensions: number;
  readonly #pieces = new WordPieces();
  readonly #scales: Float32Array;
  readonly #numbers: Int8Array;

  readonly #near: NearWords;
  /** Words by number of piece. */
  readonly #words: string[] = [];
  readonly #known = new Map<string, readonly NearWord[]>();

  private constructor(table: Buffer, near: Buffer, { dimensions, count, scales, numbers }: Layout) {
    this.dimensions = dimensions;
    this.#near = new NearWords(near, count);
    // A copy: what numbers are read from must stand at a multiple of their size.
    this.#scales = new Float32Array(new Uint8Array(table.subarray(scales, numbers)).buffer);
    this.#numbers = new Int8Array(table.buffer, table.byteOffset + numbers, count * dimensions);
  }

  /**
   * Reads a table in slices, so that others have their turn. @param near its near words
   * @throws Error for other bytes
   */
  static async read(table: Buffer, near: Buffer): Promise<MeaningModel> {
    const layout = layoutOf(table);
    const model = new MeaningModel(table, near, layout);
    const slice = createSlices(setImmediate);
    for (const [id, piece] of table.toString('utf8', layout.text, layout.scales).split('\n').entries()) {
      model.#pieces.add(piece, id);
      model.#words.push(piece);
      if (id % SLICE === 0) await slice();
    }
    return model;
  }

  /** Adds the meaning of a text to a sum. @returns the number of pieces that it is made of */
  addTo(sum: Float64Array, text: string): number {
    let count = 0;
    for (const ids of this.#pieces.cut(text)) {
      for (const id of ids) this.#addPiece(sum, id);
      count += ids.length;
    }
    return count;
  }

  /** True if a word in lower case without accents has a meaning of its own: what is made of pieces is often of another language. */
  knows(word: string): boolean {
    return this.#pieces.has(word);
  }

  /** The words that are near to a word in lower case without accents, nearest first. */
  near(word: string): readonly NearWord[] {
    const id = this.#pieces.idOf(word);
    if (id === undefined) return [];
    let near = this.#known.get(word);
    if (near === undefined) {
      near = this.#near
        .of(id)
        .map((other) => ({ stem: stem(this.#words[other] ?? ''), cosine: this.#cosine(id, other) }));
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
      this.#known.set(word, near);
    }
    return near;
  }

  #cosine(one: number, other: number): number {
    const [a, b] = [one, other].map((id) => this.#numbers.subarray(id * this.dimensions, (id + 1) * this.dimensions));
    let [product, squaresOfA, squaresOfB] = [0, 0, 0];
    for (const [at, x] of (a ?? []).entries()) {
      const y = b?.[at] ?? 0;
      product += x * y;
      squaresOfA += x * x;
      squaresOfB += y * y;
    }
    return product / Math.sqrt(squaresOfA * squaresOfB || 1);
  }

  #addPiece(sum: Float64Array, id: number): void {
    const scale = this.#scales[id] as number;
    const start = id * this.dimensions;
    const numbers = this.#numbers;
    for (let at = 0; at < sum.length; at++) {
      sum[at] = (sum[at] as number) + scale * (numbers[start + at] as number);
    }
  }
}
