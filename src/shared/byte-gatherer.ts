/** Bytes that come in pieces. */
import { Buffer } from 'node:buffer';

const NOTHING = Buffer.alloc(0);
/** Bytes for which a sender is believed that there will be so many. */
const MAX_ANNOUNCED = 4 * 1024 * 1024;

/**
 * Keeps them in one place: a list of pieces costs a hundred bytes for each of them, and who sends chooses how small they are. One
 * piece alone is given as it is. A class, because every call makes some.
 */
export class Gatherer {
  /** Bytes so far. */
  length = 0;
  readonly #expected: number;
  readonly #announced: number;
  #place: Buffer = NOTHING;

  /**
   * @param expected bytes that there will be at most; more are taken, too.
   * @param announced bytes that the sender said there will be, if it did.
   */
  constructor(expected: number, announced = 0) {
    this.#expected = expected;
    this.#announced = Math.min(announced, expected, MAX_ANNOUNCED);
  }

  push(piece: Buffer): void {
    const needed = this.length + piece.length;
    if (this.length === 0) this.#place = piece;
    else {
      // The first piece is not ours to write to: it has no room.
      if (needed > this.#place.length) {
        const room = needed <= this.#announced ? this.#announced : Math.min(2 * needed, this.#expected);
        const larger = Buffer.allocUnsafeSlow(Math.max(needed, room));
        this.#place.copy(larger, 0, 0, this.length);
        this.#place = larger;
      }
      piece.copy(this.#place, this.length);
    }
    this.length = needed;
  }

  /** Gives everything and begins anew. */
  take(): Buffer {
    const all = this.#place.length === this.length ? this.#place : this.#place.subarray(0, this.length);
    this.#place = NOTHING;
    this.length = 0;
    return all;
  }
}
