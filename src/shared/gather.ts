/** Bytes that come in pieces. */
import { Buffer } from 'node:buffer';

export interface Gatherer {
  /** Bytes so far. */
  readonly length: number;
  push(piece: Buffer): void;
  /** Gives everything and begins anew. */
  take(): Buffer;
}

const NOTHING = Buffer.alloc(0);

/**
 * Keeps them in one place: a list of pieces costs a hundred bytes for each of them, and who sends chooses how small they are. One
 * piece alone is given as it is.
 * @param expected bytes that there will be at most; more are taken, too.
 */
export function createGatherer(expected: number): Gatherer {
  let place: Buffer = NOTHING;
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(piece) {
      const needed = length + piece.length;
      if (length === 0) place = piece;
      else {
        // The first piece is not ours to write to: it has no room.
        if (needed > place.length) {
          const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * needed, expected)));
          place.copy(larger, 0, 0, length);
          place = larger;
        }
        piece.copy(place, length);
      }
      length = needed;
    },
    take() {
      const all = place.subarray(0, length);
      place = NOTHING;
      length = 0;
      return all;
    },
  };
}
