/** The parts of the time of a call. Time that is in none of these was spent in the gateway. Milliseconds; whoever waits adds to them. */
export interface CallTimes {
  /** Until it could be sent: for its turn, and for a connection and definitions that were not there yet. */
  queue: number;
  /** From the moment at which it was sent until the answer, with all that the server asked meanwhile. */
  server: number;
  /** For people: an approval, a sign-in. */
  people: number;
}

export function noTimes(): CallTimes {
  return { queue: 0, server: 0, people: 0 };
}

/** Waits for something, and adds how long it took, however it ended. */
export async function whileWaiting<T>(times: CallTimes, part: keyof CallTimes, waiting: Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await waiting;
  } finally {
    times[part] += performance.now() - from;
  }
}
