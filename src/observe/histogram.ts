/**
 * Durations counted in buckets that grow by a constant factor (the idea of DDSketch, arXiv:1908.10693): any quantile is known
 * to within a relative error, at a fixed size, and histograms can be added up.
 */

/** Relative error of a quantile. */
const ACCURACY = 0.025;
const LOG_GROWTH = Math.log((1 + ACCURACY) / (1 - ACCURACY));
/** Smallest duration told apart from nothing: 1 us, in milliseconds. */
const RESOLUTION_MS = 0.001;
/** Longest duration told apart: a day, in milliseconds. */
const LONGEST_MS = 86_400_000;
const BUCKETS = Math.ceil(Math.log(LONGEST_MS / RESOLUTION_MS) / LOG_GROWTH) + 1;

export interface Histogram {
  /** How many durations. */
  count: number;
  /** Milliseconds, all together. */
  sum: number;
  /** Counts; doubles, because 2^32 calls of one kind are a matter of days. */
  readonly buckets: Float64Array;
}

export function createHistogram(): Histogram {
  return { count: 0, sum: 0, buckets: new Float64Array(BUCKETS) };
}

/** Counts a duration in milliseconds. What is no duration (NaN, negative) counts as zero. */
export function observe(histogram: Histogram, ms: number): void {
  const duration = ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
  const { buckets } = histogram;
  const index = duration <= RESOLUTION_MS ? 0 : Math.ceil(Math.log(duration / RESOLUTION_MS) / LOG_GROWTH);
  buckets[index] = (buckets[index] ?? 0) + 1;
  histogram.count++;
  histogram.sum += duration;
}

/** Adds all of `other` to `histogram`. */
export function merge(histogram: Histogram, other: Histogram): void {
  const { buckets } = histogram;
  for (let index = 0; index < BUCKETS; index++) buckets[index] = (buckets[index] ?? 0) + (other.buckets[index] ?? 0);
  histogram.count += other.count;
  histogram.sum += other.sum;
}

/**
 * The duration in milliseconds that a share `q` (0 to 1) of all durations does not exceed (nearest rank), to within 2.5 % or
 * one microsecond. NaN where nothing was counted.
 */
export function quantile(histogram: Histogram, q: number): number {
  if (histogram.count === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * histogram.count));
  let seen = 0;
  for (let index = 0; index < BUCKETS; index++) {
    seen += histogram.buckets[index] ?? 0;
    if (seen >= rank) return middle(index);
  }
  return LONGEST_MS;
}

/** The value in a bucket that is at most `ACCURACY` away from all that it holds. */
function middle(index: number): number {
  if (index === 0) return RESOLUTION_MS;
  return RESOLUTION_MS * Math.exp(index * LOG_GROWTH) * (1 - ACCURACY);
}
