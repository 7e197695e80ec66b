/**
 * Limits how long a connection takes to come up: a process gets one budget until its first message, since it may be downloading
 * itself, and another one for the handshake after that; an HTTP server has the handshake only.
 */
import { Canceller, type CancelSignal, follow } from '../../shared/cancel.ts';
import { type Deadline, deadline } from '../../shared/wait-for.ts';
import type { Timing } from '../contract.ts';
import { LAST_OUTPUT, seconds, unavailable } from '../failures.ts';

interface HandshakeDeadlineOptions {
  readonly server: string;
  readonly isProcess: boolean;
  /** Milliseconds until the first message of a started process. */
  readonly startMs: number;
  /** Milliseconds for the handshake after that. */
  readonly handshakeMs: number;
  /** A sentence with what the server wrote last. */
  readonly lastOutput: () => string;
  /** Ends the handshake early. */
  readonly signal: CancelSignal;
}

export class HandshakeDeadline {
  readonly #options: HandshakeDeadlineOptions;
  readonly #canceller = new Canceller();
  readonly #unfollow: () => void;
  readonly #startedAt = performance.now();
  #activeAt = this.#startedAt;
  #timer: Deadline;
  #isOver = false;

  constructor(options: HandshakeDeadlineOptions) {
    this.#options = options;
    this.#unfollow = follow(this.#canceller, options.signal);
    this.#timer = options.isProcess ? this.#startTimer() : this.#handshakeTimer();
  }

  /** Aborted with SERVER_UNAVAILABLE when a budget is spent. */
  get signal(): CancelSignal {
    return this.#canceller;
  }

  /** The server wrote its first message: what follows is the handshake. */
  markActive(): void {
    this.#activeAt = performance.now();
    if (!this.#options.isProcess || this.#isOver || this.#canceller.aborted) return;
    this.#timer.clear();
    this.#timer = this.#handshakeTimer();
  }

  /** The time taken so far. */
  get timing(): Timing {
    const startMs = Math.round(this.#activeAt - this.#startedAt);
    return { startMs, handshakeMs: Math.round(performance.now() - this.#activeAt) };
  }

  /** Stops the clock, whether the connection came up or not. */
  end(): void {
    this.#isOver = true;
    this.#timer.clear();
    this.#unfollow();
  }

  #startTimer(): Deadline {
    return this.#expireAfter(this.#options.startMs, 'start', 'wrote no message to stdout');
  }

  #handshakeTimer(): Deadline {
    return this.#expireAfter(this.#options.handshakeMs, 'handshake', 'did not finish the handshake');
  }

  #expireAfter(ms: number, phase: 'start' | 'handshake', what: string): Deadline {
    return deadline(ms, () => {
      const { server, lastOutput } = this.#options;
      const data = { phase, [LAST_OUTPUT]: lastOutput() };
      this.#canceller.abort(unavailable(server, `${what} within ${seconds(ms)}; it was stopped.`, { data }));
    });
  }
}
