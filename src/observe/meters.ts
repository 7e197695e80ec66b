/** Counters and gauges that other layers define. */

import { OTHER } from './call-series.ts';
import type { Family, Labels, Sample } from './family.ts';

/** Label values beyond this many are counted as one. */
const MAX_SAMPLES = 256;

export interface Counter {
  /** Adds `by` (default 1) under these labels; 0 makes the sample visible before anything happened. */
  inc(labels?: Labels, by?: number): void;
  /** Adds to what these labels stand for; for those that are added to with every call. */
  of(labels: Labels): (by: number) => void;
}

/** The value of a gauge when somebody looks: a number, or one per label set. */
type Reading = number | readonly Sample[];

export interface Meters {
  /**
   * A number that only grows. The name ends in `_total` and gets the prefix of all metrics. Asking again for a name gives the
   * same counter.
   * @param labels names of the labels, none by default.
   */
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /**
   * A number that is read when somebody looks. Defining a name again replaces what is read.
   * @param aggregator `max` where every worker of a gateway says the same; their values are added up else.
   */
  gauge(name: string, help: string, read: () => Reading, aggregator?: Family['aggregator']): void;
  /** The values of all of them now. A gauge that throws is left out. */
  families(): Family[];
}

export function createMeters(prefix: string): Meters {
  const counters = new Map<string, { readonly counter: Counter; readonly family: () => Family }>();
  const gauges = new Map<
    string,
    { readonly help: string; readonly read: () => Reading; readonly aggregator: Family['aggregator'] }
  >();
  return {
    counter(name, help, labels = []) {
      const existing = counters.get(name);
      if (existing !== undefined) return existing.counter;
      const samples = new Map<string, { labels: Labels; value: number }>();
      const sampleOf = (given: Labels): { value: number } => {
        let values = labels.map((label) => given[label] ?? '');
        if (samples.size >= MAX_SAMPLES && !samples.has(JSON.stringify(values))) values = labels.map(() => OTHER);
        const key = JSON.stringify(values);
        const existing = samples.get(key);
        if (existing !== undefined) return existing;
        const own = Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
        const made = { labels: own, value: 0 };
        samples.set(key, made);
        return made;
      };
      const inc = (given: Labels = {}, by = 1): void => {
        sampleOf(given).value += by;
      };
      const of = (given: Labels): ((by: number) => void) => {
        const sample = sampleOf(given);
        return (by) => {
          sample.value += by;
        };
      };
      if (labels.length === 0) inc({}, 0);
      const family = (): Family => ({
        name: `${prefix}${name}`,
        help,
        type: 'counter',
        aggregator: 'sum',
        // Copies: whoever keeps them wants what was counted until now.
        values: Array.from(samples.values(), (sample) => ({ ...sample })),
      });
      const counter = { inc, of };
      counters.set(name, { counter, family });
      return counter;
    },
    gauge(name, help, read, aggregator = 'sum') {
      gauges.set(name, { help, read, aggregator });
    },
    families() {
      const families = Array.from(counters.values(), ({ family }) => family());
      for (const [name, { help, read, aggregator }] of gauges) {
        const values = samplesOf(read);
        if (values !== undefined) families.push({ name: `${prefix}${name}`, help, type: 'gauge', values, aggregator });
      }
      return families;
    },
  };
}

function samplesOf(read: () => Reading): readonly Sample[] | undefined {
  try {
    const reading = read();
    return typeof reading === 'number' ? [{ labels: {}, value: reading }] : reading;
  } catch {
    return undefined;
  }
}
