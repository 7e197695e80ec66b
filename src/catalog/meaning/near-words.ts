/** The words that are near to each word by meaning: numbers of pieces, as scripts/meaning/near-words.mjs wrote them. */

/** Bytes of a number of a piece. */
const ID_BYTES = 2;

export class NearWords {
  readonly #bytes: Buffer;
  /** By piece, where its near words begin; and the end. */
  readonly #starts: Uint32Array;

  /**
   * @param bytes how many there are for each piece, and then all of them
   * @throws Error for other bytes
   */
  constructor(bytes: Buffer, pieces: number) {
    this.#bytes = bytes;
    this.#starts = new Uint32Array(pieces + 1);
    let start = pieces;
    for (let id = 0; id <= pieces; id++) {
      this.#starts[id] = start;
      start += ID_BYTES * (id < pieces ? (bytes[id] ?? 0) : 0);
    }
    if (start !== bytes.length) throw new Error('These are no near words of this table.');
  }

  /** Numbers of pieces, nearest first. */
  of(id: number): number[] {
    const ids: number[] = [];
    const end = this.#starts[id + 1] as number;
    for (let at = this.#starts[id] as number; at < end; at += ID_BYTES) ids.push(this.#bytes.readUInt16LE(at));
    return ids;
  }
}
