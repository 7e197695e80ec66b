/** The steps that an evaluation may use up: each value that is looked at or made costs one, so time and memory are bounded alike. */

/** Thrown where an evaluation needs more than it may use. */
export class OutOfFuel extends Error {}

/** Characters of a new text, or of two that are compared, per step. */
const CHARACTERS_PER_STEP = 4;

export class Fuel {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Before the work is done. @throws OutOfFuel */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OutOfFuel();
  }

  /** The same for so many characters. @throws OutOfFuel */
  spendText(characters: number): void {
    this.spend(1 + Math.ceil(characters / CHARACTERS_PER_STEP));
  }
}
