/** The durations of many calls, with their parts apart. */
import type { CallTimes } from './call-times.ts';
import { createHistogram, type Histogram, merge, observe } from './histogram.ts';

/** Plain data. */
export interface CallDurations {
  /** From the arrival of a call to its answer, and three parts of that. The rest was spent by people. */
  readonly whole: Histogram;
  readonly queue: Histogram;
  readonly server: Histogram;
  readonly gateway: Histogram;
}

export function noDurations(): CallDurations {
  return { whole: createHistogram(), queue: createHistogram(), server: createHistogram(), gateway: createHistogram() };
}

/** Adds one call. @param ms how long it took, with all parts @param times undefined where these are not known */
export function observeDurations(to: CallDurations, ms: number, times: CallTimes | undefined): void {
  observe(to.whole, ms);
  if (times === undefined) return;
  observe(to.queue, times.queue);
  observe(to.server, times.server);
  observe(to.gateway, ms - times.queue - times.server - times.people);
}

export function mergeDurations(to: CallDurations, { whole, queue, server, gateway }: CallDurations): void {
  merge(to.whole, whole);
  merge(to.queue, queue);
  merge(to.server, server);
  merge(to.gateway, gateway);
}
