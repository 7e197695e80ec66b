/** Jobs of which some take longer than a turn of the event loop, one after the other. */

export interface InOrder {
  /**
   * Does a job after those before it; at once where none is under way, and then it throws what the job throws.
   * @param job returns a promise where it takes longer.
   */
  run(job: Job): void;
  readonly isBusy: boolean;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

type Job = () => Promise<void> | void;

/** The source of the jobs: it rests while one is under way, so that few of them wait. */
export interface PausableSource {
  pause(): void;
  resume(): void;
}

/** @param failed is told what a job threw, or rejected with, later. */
export function createInOrder(source: PausableSource, failed: (error: unknown) => void): InOrder {
  const waiting: Job[] = [];
  let busy: Promise<void> | undefined;

  const work = async (first: Promise<void>): Promise<void> => {
    source.pause();
    let running: Promise<void> | void = first;
    for (;;) {
      try {
        await running;
        const job = waiting.shift();
        if (job === undefined) break;
        running = job();
      } catch (error) {
        running = undefined;
        failed(error);
      }
    }
    busy = undefined;
    source.resume();
  };

  return {
    run(job) {
      if (busy !== undefined) {
        waiting.push(job);
        return;
      }
      const running = job();
      if (running !== undefined) busy = work(running);
    },
    get isBusy() {
      return busy !== undefined;
    },
    idle: () => busy ?? Promise.resolve(),
  };
}

/** A source that is paused by several, and goes on when none of them wants it to rest. */
export function sharedPauses(source: PausableSource): PausableSource {
  let pauses = 0;
  return {
    pause() {
      if (pauses++ === 0) source.pause();
    },
    resume() {
      if (--pauses === 0) source.resume();
    },
  };
}
