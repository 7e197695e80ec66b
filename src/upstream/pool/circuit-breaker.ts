/**
 * Stops sending calls to a server that no longer answers. Time-outs alone do not open it: a tool may be slow, or a caller
 * impatient. They only make the gateway ask whether the server is alive, and only silence to that opens it. Nobody's call is
 * used to find out whether it works again.
 */
import { GatewayError } from '../../shared/errors.ts';
import { seconds } from '../failures.ts';

/** Time-outs in a row, without a word of the server in between, until it is asked. */
const MAX_TIMEOUTS = 3;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

interface CircuitBreakerOptions {
  readonly server: string;
  /** The time at which the server last said anything, in milliseconds of `performance.now`. */
  readonly heardAt: () => number;
  /** Asks whether the server is alive. Never rejects. */
  readonly ping: () => Promise<boolean>;
  readonly onOpen: () => void;
  /** It was open and found the server silent again. */
  readonly onSilence: (openSince: number) => void;
  readonly onRecovery: () => void;
}

export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #timeouts = 0;
  #openSince: number | undefined;
  #nextPingAt = 0;
  #isPinging = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Since when it is open, in milliseconds of `performance.now`; undefined while closed. */
  get openSince(): number | undefined {
    return this.#openSince;
  }

  /** The reason why a call is not sent now; undefined where it is. */
  refusal(): GatewayError | undefined {
    if (this.#openSince === undefined) return undefined;
    const { server, heardAt } = this.#options;
    const now = performance.now();
    const wait = Math.max(FIRST_DELAY_MS, this.#nextPingAt - now);
    const what = `Server "${server}" has not answered for ${seconds(now - heardAt())}; the call was not sent.`;
    return new GatewayError('SERVER_UNAVAILABLE', `${what} It is asked again in ${seconds(wait)}.`, {
      data: { retryAfterMs: Math.ceil(wait) },
    });
  }

  /** Counts a call that was given up. @param sentAt when it was sent, in milliseconds of `performance.now` */
  countTimeout(sentAt: number): void {
    if (this.#options.heardAt() >= sentAt) this.#timeouts = 0;
    else this.#timeouts++;
    const isDue = this.#timeouts >= MAX_TIMEOUTS && this.#openSince === undefined;
    if (isDue && !this.#isPinging) void this.#ping(FIRST_DELAY_MS);
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** @param delay milliseconds until it is asked again where it is silent */
  async #ping(delay: number): Promise<void> {
    const { ping, heardAt } = this.#options;
    this.#isPinging = true;
    const askedAt = performance.now();
    const isAlive = (await ping()) || heardAt() >= askedAt;
    this.#isPinging = false;
    if (this.#isStopped) return;
    this.#timeouts = 0;
    if (isAlive) this.#close();
    else this.#open(delay);
  }

  #close(): void {
    if (this.#openSince !== undefined) this.#options.onRecovery();
    this.#openSince = undefined;
  }

  #open(delay: number): void {
    if (this.#openSince === undefined) {
      this.#openSince = performance.now();
      this.#options.onOpen();
    } else this.#options.onSilence(this.#openSince);
    if (this.#isStopped) return;
    this.#nextPingAt = performance.now() + delay;
    this.#timer = setTimeout(() => void this.#ping(Math.min(delay * 2, LONGEST_DELAY_MS)), delay);
    this.#timer.unref();
  }
}
