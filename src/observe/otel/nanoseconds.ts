/** @param ms milliseconds since 1970, to the microsecond @returns nanoseconds, which numbers cannot hold */
export function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
