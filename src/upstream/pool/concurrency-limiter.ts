/** Limits how many calls one server works on at a time; the others wait in a bounded queue in which agents take turns. */
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { timerMs } from '../../shared/wait-for.ts';
import { seconds } from '../failures.ts';
import { FairQueue } from './fair-queue.ts';

/** Gives the place back; further calls do nothing. */
export type Leave = () => void;

const RETRY_MS = 1000;

/** Agents without a call that are remembered. */
const KEPT_AGENTS = 100;

export class ConcurrencyLimiter {
  readonly #server: string;
  readonly #maxActive: number;
  readonly #maxWaiting: number;
  /** The share of one agent in each. */
  readonly #activeShare: number;
  readonly #waitingShare: number;
  /** Places that each agent has. */
  readonly #places = new Map<string, number>();
  /** Those who wait; each is called when it is its turn. */
  readonly #queue = new FairQueue<() => void>();
  readonly #hasRoom = (agent: string): boolean =>
    this.#active < this.#maxActive && (this.#places.get(agent) ?? 0) < this.#activeShare;
  #active = 0;

  /**
   * @param server its name.
   * @param maxActive places; no agent gets the last quarter of them (at least one) unless there is only one place.
   * @param maxWaiting calls that may wait; of these, too, one agent gets at most three quarters.
   */
  constructor(server: string, maxActive: number, maxWaiting: number) {
    this.#server = server;
    this.#maxActive = maxActive;
    this.#maxWaiting = maxWaiting;
    this.#activeShare = shareOf(maxActive);
    this.#waitingShare = shareOf(maxWaiting);
  }

  /** Calls that have a place. */
  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Takes a place, or waits for one at most `waitMs` milliseconds.
   * @throws GatewayError RATE_LIMITED with `data.retryAfterMs`: nothing was sent; or the reason of the signal.
   */
  enter(agent: string, waitMs: number, signal: CancelSignal | undefined): Leave | Promise<Leave> {
    if (this.#hasRoom(agent)) return this.#occupy(agent);
    if (this.waiting >= this.#maxWaiting) {
      throw this.#busy(`has ${this.#maxActive} calls in work and ${this.#maxWaiting} waiting`);
    }
    if (this.#queue.sizeOf(agent) >= this.#waitingShare) {
      throw this.#busy('has as many calls of this agent waiting as it may have');
    }
    return this.#wait(agent, waitMs, signal);
  }

  #occupy(agent: string): Leave {
    this.#active++;
    this.#places.set(agent, (this.#places.get(agent) ?? 0) + 1);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#vacate(agent);
    };
  }

  #vacate(agent: string): void {
    this.#active--;
    const left = (this.#places.get(agent) ?? 1) - 1;
    // Those of few agents stay: a map in which entries come and go with each call costs more than they do.
    if (left === 0 && this.#places.size > KEPT_AGENTS) this.#places.delete(agent);
    else this.#places.set(agent, left);
    if (this.#queue.size > 0) this.#queue.take(this.#hasRoom)?.();
  }

  #wait(agent: string, waitMs: number, signal: CancelSignal | undefined): Promise<Leave> {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const enter = (): void => {
        end();
        resolve(this.#occupy(agent));
      };
      const withdraw = (reason: unknown): void => {
        end();
        if (this.#queue.remove(agent, enter)) reject(reason);
      };
      const onAbort = (): void => withdraw(signal?.reason);
      const onTimeout = (): void =>
        withdraw(this.#busy(`was busy with other calls for ${seconds(performance.now() - since)}`));
      const timer = setTimeout(onTimeout, timerMs(waitMs));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(agent, enter);
    });
  }

  #busy(what: string): GatewayError {
    const message = `Server "${this.#server}" ${what}; the call was not sent. Try again in ${seconds(RETRY_MS)}.`;
    return new GatewayError('RATE_LIMITED', message, { data: { retryAfterMs: RETRY_MS } });
  }
}

/** The share of `count` that one agent may have: one place at least is left to others where there are several. */
function shareOf(count: number): number {
  return Math.max(1, count - Math.max(1, Math.floor(count / 4)));
}
