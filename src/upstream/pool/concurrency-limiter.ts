/** How many calls one server works on at a time, and who waits: a bounded queue in which agents take turns. */
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { timerMs } from '../../shared/wait-for.ts';
import { seconds } from '../failures.ts';

/** Gives the place back; further calls do nothing. */
export type Leave = () => void;

export interface ConcurrencyLimiter {
  /**
   * Takes a place, or waits for one at most `waitMs` milliseconds.
   * @throws GatewayError RATE_LIMITED with `data.retryAfterMs`: nothing was sent; or the reason of the signal.
   */
  enter(agent: string, waitMs: number, signal: CancelSignal | undefined): Leave | Promise<Leave>;
  /** Calls that have a place. */
  readonly active: number;
  readonly waiting: number;
}

interface Ticket {
  readonly go: () => void;
}

const RETRY_MS = 1000;

/**
 * @param server its name.
 * @param maxConcurrent places; no agent gets the last quarter of them (at least one) unless there is only one place.
 * @param maxQueue calls that may wait; of these, too, one agent gets at most three quarters.
 */
export function createConcurrencyLimiter(server: string, maxConcurrent: number, maxQueue: number): ConcurrencyLimiter {
  const share = shareOf(maxConcurrent);
  const queueShare = shareOf(maxQueue);
  const held = new Map<string, number>();
  /** In order of arrival; agents that were served go to the end of `turns`. */
  const queues = new Map<string, Ticket[]>();
  let active = 0;
  let waiting = 0;

  const may = (agent: string): boolean => active < maxConcurrent && (held.get(agent) ?? 0) < share;

  const take = (agent: string): Leave => {
    active++;
    held.set(agent, (held.get(agent) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      active--;
      const left = (held.get(agent) ?? 1) - 1;
      if (left === 0) held.delete(agent);
      else held.set(agent, left);
      if (waiting > 0) admit();
    };
  };

  /** The first waiting agent that may have a place; its other calls go behind those of the others. */
  const admit = (): void => {
    for (const [agent, queue] of queues) {
      if (!may(agent)) continue;
      queues.delete(agent);
      const ticket = queue.shift();
      if (queue.length > 0) queues.set(agent, queue);
      waiting--;
      ticket?.go();
      return;
    }
  };

  const wait = (agent: string, waitMs: number, signal: CancelSignal | undefined): Promise<Leave> =>
    new Promise((resolve, reject) => {
      const queue = queues.get(agent) ?? [];
      const since = performance.now();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
      };
      const ticket: Ticket = {
        go: () => {
          end();
          resolve(take(agent));
        },
      };
      const withdraw = (why: unknown): void => {
        end();
        const at = queue.indexOf(ticket);
        if (at < 0) return;
        queue.splice(at, 1);
        if (queue.length === 0) queues.delete(agent);
        waiting--;
        reject(why);
      };
      const aborted = (): void => withdraw(signal?.reason);
      const timer = setTimeout(
        () => withdraw(busy(`was busy with other calls for ${seconds(performance.now() - since)}`)),
        timerMs(waitMs),
      );
      signal?.addEventListener('abort', aborted, { once: true });
      queue.push(ticket);
      queues.set(agent, queue);
      waiting++;
    });

  const busy = (what: string): GatewayError =>
    new GatewayError(
      'RATE_LIMITED',
      `Server "${server}" ${what}; the call was not sent. Try again in ${seconds(RETRY_MS)}.`,
      {
        data: { retryAfterMs: RETRY_MS },
      },
    );

  return {
    enter(agent, waitMs, signal) {
      if (may(agent)) return take(agent);
      if (waiting >= maxQueue) throw busy(`has ${maxConcurrent} calls in work and ${maxQueue} waiting`);
      if ((queues.get(agent)?.length ?? 0) >= queueShare)
        throw busy(`has as many calls of this agent waiting as it may have`);
      return wait(agent, waitMs, signal);
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting;
    },
  };
}

/** What one agent gets of `count`: one place at least is left to others where there are several. */
function shareOf(count: number): number {
  return Math.max(1, count - Math.max(1, Math.floor(count / 4)));
}
