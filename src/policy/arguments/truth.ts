/**
 * The truth of a condition. Undefined is doubt: what the condition speaks of is missing, has another type, can be read in two ways, or
 * could not be evaluated. In an allow, doubt does not match; in a deny or an ask, it does.
 */
export type Truth = boolean | undefined;

/** True where all are, false where one is not, else doubt. */
export function every<T>(items: Iterable<T>, test: (item: T) => Truth): Truth {
  let truth: Truth = true;
  for (const item of items) {
    const one = test(item);
    if (one === false) return false;
    if (one === undefined) truth = undefined;
  }
  return truth;
}

/** True if all readings of one value say the same: doubt where they do not. */
export function agreed<T>(readings: Iterable<T>, test: (reading: T) => Truth): Truth {
  let truth: Truth;
  let isFirst = true;
  for (const reading of readings) {
    const one = test(reading);
    if (one === undefined || (!isFirst && one !== truth)) return undefined;
    truth = one;
    isFirst = false;
  }
  return truth;
}
