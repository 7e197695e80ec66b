/** How long this thread has computed, for limits that a busy machine must not shorten. */
import { readFileSync } from 'node:fs';

/** Milliseconds for which this thread had a processor; undefined where the system does not say (only Linux does). */
export function processorMs(): number | undefined {
  try {
    const [ns = ''] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ');
    const ms = Number(ns) / 1e6;
    return ms > 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** Processor time that a program may use: asked often, so it looks at the clock first, and at the processor when that says too much. */
export class ProcessorBudget {
  readonly #limitMs: number;
  #left: number;
  #usedMs = 0;
  #since = 0;
  #processorAt: number | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#left = limitMs;
  }

  /** The program begins to compute. */
  begin(): void {
    this.#since = performance.now();
    this.#processorAt = processorMs();
    this.#left = this.#limitMs - this.#usedMs;
  }

  /** It waits again, or is over. */
  end(): void {
    this.#usedMs += this.#spent();
  }

  /** True if it has used up what it may. */
  isOver(): boolean {
    if (performance.now() - this.#since <= this.#left) return false;
    const spent = this.#spent();
    if (this.#usedMs + spent > this.#limitMs) return true;
    // Others had the processor meanwhile.
    this.#left = performance.now() - this.#since + (this.#limitMs - this.#usedMs - spent);
    return false;
  }

  #spent(): number {
    const clock = performance.now() - this.#since;
    const now = this.#processorAt === undefined ? undefined : processorMs();
    return now === undefined || this.#processorAt === undefined ? clock : Math.min(clock, now - this.#processorAt);
  }
}
