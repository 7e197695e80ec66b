/** A time limit that stands still now and then. */
export class WallClock {
  readonly #late: () => void;
  #leftMs: number;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param late called once, when the time is over */
  constructor(limitMs: number, late: () => void) {
    this.#leftMs = limitMs;
    this.#late = late;
  }

  run(): void {
    if (this.#since !== undefined) return;
    this.#since = performance.now();
    this.#timer = setTimeout(this.#late, Math.max(0, this.#leftMs));
  }

  pause(): void {
    if (this.#since === undefined) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#since;
    this.#since = undefined;
  }
}
