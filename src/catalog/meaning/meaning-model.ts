/**
 * A small model of meaning: a vector for each piece of a word. The meaning of a text is the sum of its pieces, as a direction.
 * The vectors were made from a model of sentences (scripts/meaning), so that sums of texts that say the same point the same way.
 */
import { WordPieces } from './word-pieces.ts';

/** The line that a table begins with. Then come the pieces, one a line; a scale per piece; the numbers of each piece as bytes. */
const HEAD = /^{"version":1,"dimensions":(\d+),"pieces":(\d+),"text":(\d+)}\n/;
const MAX_HEAD = 200;

export class MeaningModel {
  /** Numbers of a vector, the telling ones first. */
  readonly dimensions: number;
  readonly #pieces: WordPieces;
  readonly #scales: Float32Array;
  readonly #numbers: Int8Array;

  /**
   * @param table the bytes of a table
   * @throws Error for other bytes
   */
  constructor(table: Buffer) {
    const head = HEAD.exec(table.toString('latin1', 0, MAX_HEAD));
    const [dimensions = 0, count = 0, length = 0] = head?.slice(1).map(Number) ?? [];
    const start = head?.[0].length ?? 0;
    const scales = start + length;
    const numbers = scales + 4 * count;
    const pieces = table.toString('utf8', start, scales).split('\n');
    if (head === null || pieces.length !== count || table.length !== numbers + count * dimensions)
      throw new Error('This is no table of meanings.');
    this.dimensions = dimensions;
    this.#pieces = new WordPieces(pieces);
    // A copy: what numbers are read from must stand at a multiple of their size.
    this.#scales = new Float32Array(new Uint8Array(table.subarray(scales, numbers)).buffer);
    this.#numbers = new Int8Array(table.buffer, table.byteOffset + numbers, count * dimensions);
  }

  /** Adds the meaning of a text to a sum. @returns the number of pieces that it is made of */
  addTo(sum: Float32Array, text: string): number {
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

  #addPiece(sum: Float32Array, id: number): void {
    const scale = this.#scales[id] as number;
    const start = id * this.dimensions;
    for (let at = 0; at < this.dimensions; at++) {
      sum[at] = (sum[at] as number) + scale * (this.#numbers[start + at] as number);
    }
  }
}
