/**
 * One timer for many deadlines. Most calls have the same time-out and end long before it, so a timer for each would be set and
 * cleared in vain.
 */
import { type Deadline, deadline } from '../../shared/wait-for.ts';

export interface SharedTimer {
  /** Rings at this time or before, in milliseconds of `performance.now`; Infinity for never. */
  at(time: number): void;
  /** Never rings again: until then a timer holds everything that `ring` can reach. */
  stop(): void;
}

/**
 * @param ring looks at what is due. @returns when to ring next; Infinity for never.
 * The timer keeps no process alive.
 */
export function createSharedTimer(ring: () => number): SharedTimer {
  let set = Number.POSITIVE_INFINITY;
  let timer: Deadline | undefined;

  const at = (time: number): void => {
    if (time >= set) return;
    timer?.clear();
    set = time;
    timer = deadline(Math.ceil(time - performance.now()), rung, { unref: true });
  };

  const rung = (): void => {
    set = Number.POSITIVE_INFINITY;
    at(ring());
  };

  return { at, stop: () => timer?.clear() };
}
