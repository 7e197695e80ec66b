/** A token bucket: so much at once, then so much per time. Pure; the caller has the clock. */
export interface Bucket {
  /** The level; less than nothing where more was taken than was there. */
  readonly level: number;
  /** The time at which that was, in milliseconds of the caller's clock. */
  readonly at: number;
}

/** A bucket that is full. */
export function fullBucket(capacity: number, now: number): Bucket {
  return { level: capacity, at: now };
}

/** @param fullMs milliseconds in which an empty bucket fills up. */
export function refilled(bucket: Bucket, capacity: number, fullMs: number, now: number): Bucket {
  const gained = (Math.max(0, now - bucket.at) * capacity) / fullMs;
  return { level: Math.min(capacity, bucket.level + gained), at: Math.max(now, bucket.at) };
}

/** Milliseconds until a bucket holds `amount`, rounded up; 0 where it does already. */
export function msUntil(bucket: Bucket, amount: number, capacity: number, fullMs: number): number {
  // So little is left to rounding: the time that was named must be enough.
  const missing = amount - bucket.level - 1e-6;
  return missing <= 0 ? 0 : Math.ceil((missing * fullMs) / capacity);
}
