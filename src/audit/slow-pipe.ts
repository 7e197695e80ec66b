/** A pipe whose reader is slow: records wait for it for a moment, and nothing else does. */

import { createDeferred, type Deferred } from '../shared/deferred.ts';
import type { GatewayError } from '../shared/errors.ts';
import type { AppendFile } from './append-file.ts';
import { behind } from './log-errors.ts';

/** Milliseconds that records wait for a reader, and between two looks whether it goes on. */
const PATIENCE_MS = 1000;
const LOOK_MS = 10;

interface StallOptions {
  /** Told how many records failed, and why. @returns the error for them */
  readonly failed: (cause: unknown, records: number) => GatewayError;
  readonly recovered: () => void;
  readonly monotonic?: (() => number) | undefined;
}

/** The wait for a reader that is slow. */
export class Stall {
  readonly #file: Pick<AppendFile, 'isBehind' | 'drain'>;
  readonly #options: StallOptions;
  readonly #now: () => number;
  /** The time at which the reader fell behind. */
  #since: number | undefined;
  #written: Deferred<void> | undefined;
  #waiting = 0;
  #isLate = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: Pick<AppendFile, 'isBehind' | 'drain'>, options: StallOptions) {
    this.#file = file;
    this.#options = options;
    this.#now = options.monotonic ?? (() => performance.now());
  }

  /** Resolves when the reader has taken everything. @throws GatewayError AUDIT_UNAVAILABLE (as a rejection) where it takes too long */
  wait(): Promise<void> {
    this.#since ??= this.#now();
    this.#timer ??= setTimeout(this.#look, LOOK_MS).unref();
    if (this.#written === undefined) {
      this.#written = createDeferred<void>();
      this.#written.promise.catch(() => {});
    }
    this.#waiting++;
    return this.#written.promise;
  }

  /** True while the reader has taken too long already; looks whether it has gone on. */
  isOver(): boolean {
    if (this.#isLate) this.#look();
    return this.#isLate;
  }

  end(): void {
    this.#look();
    clearTimeout(this.#timer);
    this.#since = undefined;
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#since === undefined) return;
    try {
      this.#file.drain();
    } catch (error) {
      // Nobody will ever read it.
      this.#over();
      this.#settle(this.#options.failed(error, this.#waiting));
      return;
    }
    if (!this.#file.isBehind()) {
      this.#over();
      this.#options.recovered();
      this.#settle(undefined);
      return;
    }
    if (!this.#isLate && this.#now() - this.#since >= PATIENCE_MS) {
      this.#isLate = true;
      this.#settle(this.#options.failed(behind(), this.#waiting));
    }
    this.#timer = setTimeout(this.#look, LOOK_MS).unref();
  };

  #over(): void {
    this.#since = undefined;
    this.#isLate = false;
  }

  #settle(error: GatewayError | undefined): void {
    const { resolve, reject } = this.#written ?? {};
    this.#written = undefined;
    this.#waiting = 0;
    if (error === undefined) resolve?.();
    else reject?.(error);
  }
}
