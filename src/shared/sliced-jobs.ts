/** Milliseconds of one turn of the event loop that all jobs together have. */
const SLICE_MS = 5;

interface Job {
  readonly steps: Iterator<void, void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Long work of many jobs, done step by step in turns of the event loop: however many there are, others have their turn after one slice. */
export class SlicedJobs {
  readonly #waiting: Job[] = [];

  /** Resolves when the steps of a job are over, of which there is none at once; rejects with what they throw. */
  run(steps: Iterator<void, void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ steps, resolve, reject }) === 1) setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    const until = performance.now() + SLICE_MS;
    // A job that is not over comes last in the next turn, so that short ones do not wait for long ones.
    do {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (!isOver(job, until)) this.#waiting.push(job);
    } while (performance.now() < until);
    if (this.#waiting.length > 0) setImmediate(this.#turn);
  };
}

/** Does steps of a job until it is over, or the time is. */
function isOver({ steps, resolve, reject }: Job, until: number): boolean {
  try {
    do {
      if (steps.next().done !== true) continue;
      resolve();
      return true;
    } while (performance.now() < until);
    return false;
  } catch (error) {
    reject(error);
    return true;
  }
}
