/**
 * Durations counted in buckets that grow by a constant factor, 2^(1/16): any quantile is known to within a relative error, at a
 * bounded size, and histograms can be added up. Every power of two in milliseconds is the bound of a bucket, so that coarser
 * histograms are exact.
 */

/** Buckets from one power of two to the next. */
const PER_DOUBLING = 16;
const GROWTH = 2 ** (1 / PER_DOUBLING);
/** Smallest duration told apart from nothing, 2^-10 ms, and its power of two. */
const RESOLUTION_MS = 2 ** -10;
const OFFSET = 10 * PER_DOUBLING;
/** Longest duration told apart: a day, in milliseconds. */
const LONGEST_MS = 86_400_000;
/** Buckets by which one grows. */
const STEP = 64;

export interface Histogram {
  /** The number of durations. */
  count: number;
  /** Milliseconds, all together. */
  sum: number;
  /** Counts, up to the longest duration so far; doubles, because 2^32 calls of one kind are a matter of days. */
  buckets: Float64Array;
}

export function createHistogram(): Histogram {
  return { count: 0, sum: 0, buckets: new Float64Array(STEP) };
}

/** Counts a duration in milliseconds. What is no duration (NaN, negative) counts as zero. */
export function observe(histogram: Histogram, ms: number): void {
  const duration = ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
  add(histogram, duration <= RESOLUTION_MS ? 0 : bucketOf(duration), 1);
  histogram.count++;
  histogram.sum += duration;
}

/** Bounds of all buckets, each in the bucket below it. */
const BOUNDS = Float64Array.from({ length: Math.ceil(Math.log2(LONGEST_MS)) * PER_DOUBLING + OFFSET + 1 }, (_, index) =>
  boundOf(index),
);
/** A number between two powers of two, in so many equal parts: no part has more than one bound in it. */
const PARTS = 32;
const PART_BITS = 15;
/** The bucket in which each part begins. */
const FIRST = Uint8Array.from({ length: PARTS }, (_, part) => Math.ceil(Math.log2(1 + part / PARTS) * PER_DOUBLING));
const NUMBER = new Float64Array(1);
const WORDS = new Uint32Array(NUMBER.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** By the bits of the number (IEEE 754): a logarithm costs five times as much, and every call pays it five times. */
function bucketOf(duration: number): number {
  NUMBER[0] = duration;
  const high = WORDS[HIGH] ?? 0;
  const power = (high >>> 20) - 1023;
  const index = power * PER_DOUBLING + OFFSET + (FIRST[(high >>> PART_BITS) & (PARTS - 1)] ?? 0);
  return duration > (BOUNDS[index] ?? 0) ? index + 1 : index;
}

/** Adds all of `other` to `histogram`. */
export function merge(histogram: Histogram, other: Histogram): void {
  const { buckets } = other;
  for (let index = buckets.length - 1; index >= 0; index--) {
    const count = buckets[index] ?? 0;
    if (count > 0) add(histogram, index, count);
  }
  histogram.count += other.count;
  histogram.sum += other.sum;
}

function add(histogram: Histogram, index: number, count: number): void {
  if (index >= histogram.buckets.length) {
    const longer = new Float64Array(Math.ceil((index + 1) / STEP) * STEP);
    longer.set(histogram.buckets);
    histogram.buckets = longer;
  }
  histogram.buckets[index] = (histogram.buckets[index] ?? 0) + count;
}

/**
 * The duration in milliseconds that a share `q` (0 to 1) of all durations does not exceed (nearest rank), to within 2.2 % or
 * one microsecond. NaN where nothing was counted.
 */
export function quantile({ count, buckets }: Histogram, q: number): number {
  if (count === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * count));
  let seen = 0;
  for (let index = 0; index < buckets.length; index++) {
    seen += buckets[index] ?? 0;
    if (seen >= rank) return middle(index);
  }
  return LONGEST_MS;
}

/** The value in a bucket that is as far from its lower as from its upper bound, relatively. */
function middle(index: number): number {
  return index === 0 ? RESOLUTION_MS : (boundOf(index) * 2) / (1 + GROWTH);
}

function boundOf(index: number): number {
  return 2 ** ((index - OFFSET) / PER_DOUBLING);
}

/**
 * Counts the durations that do not exceed 2^`from` milliseconds, 2^(`from` + 1), and so on to 2^`to`: exact.
 * @param from at least -10
 */
export function cumulative({ buckets }: Histogram, from: number, to: number): number[] {
  const counts: number[] = [];
  let seen = 0;
  let index = 0;
  for (let power = from; power <= to; power++) {
    const last = Math.min(buckets.length - 1, power * PER_DOUBLING + OFFSET);
    for (; index <= last; index++) seen += buckets[index] ?? 0;
    counts.push(seen);
  }
  return counts;
}

/** The buckets that are not empty, as numbers in pairs: which one, and its count. */
export function sparse({ buckets }: Histogram): number[] {
  const pairs: number[] = [];
  for (let index = 0; index < buckets.length; index++) {
    const count = buckets[index] ?? 0;
    if (count > 0) pairs.push(index, count);
  }
  return pairs;
}

/** Adds what `sparse` gave of another one; its sum is not known. */
export function mergeSparse(histogram: Histogram, pairs: readonly number[]): void {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [index = 0, count = 0] = pairs.slice(at, at + 2);
    add(histogram, index, count);
    histogram.count += count;
  }
}
