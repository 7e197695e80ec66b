/**
 * Waits that are all equally long, on one timer: nearly all are over before their time, and a timer for each would be set and cleared
 * in vain. A list and not a set, since the former tables of a set keep what was in it.
 */

interface EqualWaits<T> {
  /** Waits for one. @returns what ends its wait */
  begin(one: T): Wait<T>;
  /** Ends a wait before its time; where it is over, nothing happens. */
  end(wait: Wait<T>): void;
}

/** One wait, between those that began before and after it. */
export class Wait<T> {
  readonly since: number;
  /** Undefined once it is over. */
  one: T | undefined;
  before: Wait<T> | undefined;
  after: Wait<T> | undefined;

  constructor(one: T, since: number, before: Wait<T> | undefined) {
    this.one = one;
    this.since = since;
    this.before = before;
  }
}

/**
 * @param ms milliseconds that each may take. The timer keeps no process alive.
 * @param over is told of one that has waited for so long.
 */
export function createEqualWaits<T>(ms: number, over: (one: T) => void): EqualWaits<T> {
  let first: Wait<T> | undefined;
  let last: Wait<T> | undefined;
  let isSet = false;

  const set = (delay: number): void => {
    isSet = true;
    setTimeout(look, delay).unref();
  };

  const end = (wait: Wait<T>): void => {
    if (wait.one === undefined) return;
    const { before, after } = wait;
    if (before === undefined) first = after;
    else before.after = after;
    if (after === undefined) last = before;
    else after.before = before;
    wait.one = undefined;
    wait.before = undefined;
    wait.after = undefined;
  };

  const look = (): void => {
    isSet = false;
    const now = performance.now();
    while (first !== undefined) {
      const left = first.since + ms - now;
      if (left > 0) {
        if (!isSet) set(Math.ceil(left));
        return;
      }
      const { one } = first;
      end(first);
      if (one !== undefined) over(one);
    }
  };

  return {
    begin(one) {
      const wait = new Wait(one, performance.now(), last);
      if (last === undefined) first = wait;
      else last.after = wait;
      last = wait;
      if (!isSet) set(ms);
      return wait;
    },
    end,
  };
}
