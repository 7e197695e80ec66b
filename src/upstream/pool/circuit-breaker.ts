/**
 * Stops sending calls to a server that no longer answers. Time-outs alone do not open it: a tool may be slow, or a caller
 * impatient. They only make the gateway ask whether the server is alive, and only silence to that opens it. Nobody's call is
 * used to find out whether it works again.
 */
import { GatewayError } from '../../shared/errors.ts';
import { seconds } from '../failures.ts';

/** Time-outs in a row, without a word of the server in between, until it is asked. */
const TIMEOUTS = 3;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

export interface Breaker {
  /** Why a call is not sent now; undefined where it is. */
  refusal(): GatewayError | undefined;
  /** A call was given up that was sent at this time, in milliseconds of `performance.now`. */
  timedOut(sentAt: number): void;
  /** Since when it is open, in milliseconds of `performance.now`; undefined while closed. */
  readonly openSince: number | undefined;
  /** Asks no more. */
  stop(): void;
}

export interface BreakerOptions {
  readonly server: string;
  /** When the server last said anything. */
  readonly heardAt: () => number;
  /** Asks whether the server is alive. Never rejects. */
  readonly ping: () => Promise<boolean>;
  readonly opened: () => void;
  /** It was open and found the server silent again. */
  readonly stillSilent: (openSince: number) => void;
  readonly recovered: () => void;
}

export function createBreaker({ server, heardAt, ping, opened, stillSilent, recovered }: BreakerOptions): Breaker {
  let timeouts = 0;
  let openSince: number | undefined;
  let nextAt = 0;
  let asking = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const ask = async (delay: number): Promise<void> => {
    asking = true;
    const asked = performance.now();
    const alive = (await ping()) || heardAt() >= asked;
    asking = false;
    if (stopped) return;
    timeouts = 0;
    if (alive) {
      if (openSince !== undefined) recovered();
      openSince = undefined;
      return;
    }
    if (openSince === undefined) {
      openSince = performance.now();
      opened();
    } else stillSilent(openSince);
    if (stopped) return;
    nextAt = performance.now() + delay;
    timer = setTimeout(() => void ask(Math.min(delay * 2, LONGEST_DELAY_MS)), delay);
    timer.unref();
  };

  return {
    refusal() {
      if (openSince === undefined) return undefined;
      const wait = Math.max(FIRST_DELAY_MS, nextAt - performance.now());
      const what = `Server "${server}" has not answered for ${seconds(performance.now() - heardAt())}; the call was not sent.`;
      return new GatewayError('SERVER_UNAVAILABLE', `${what} It is asked again in ${seconds(wait)}.`, {
        data: { retryAfterMs: Math.ceil(wait) },
      });
    },
    timedOut(sentAt) {
      if (heardAt() >= sentAt) timeouts = 0;
      else timeouts++;
      if (timeouts >= TIMEOUTS && !asking && openSince === undefined) void ask(FIRST_DELAY_MS);
    },
    get openSince() {
      return openSince;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
