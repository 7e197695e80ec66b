/** A pipe whose reader is slow: records wait for it for a moment, and nothing else does. */

import { createDeferred, type Deferred } from '../shared/deferred.ts';
import type { GatewayError } from '../shared/errors.ts';
import type { AppendFile } from './append-file.ts';
import { behind } from './log-errors.ts';

/** Milliseconds that records wait for a reader, and between two looks whether it goes on. */
const PATIENCE_MS = 1000;
const LOOK_MS = 10;

export interface Stall {
  /** Resolves when the reader has taken everything. @throws GatewayError AUDIT_UNAVAILABLE (as a rejection) where it takes too long */
  wait(): Promise<void>;
  /** True while the reader has taken too long already; looks whether it has gone on. */
  isOver(): boolean;
  end(): void;
}

interface StallOptions {
  /** Told how many records failed, and why. @returns the error for them */
  readonly failed: (cause: unknown, records: number) => GatewayError;
  readonly recovered: () => void;
  readonly monotonic?: (() => number) | undefined;
}

export function createStall(
  file: Pick<AppendFile, 'isBehind' | 'drain'>,
  { failed, recovered, monotonic = () => performance.now() }: StallOptions,
): Stall {
  let since: number | undefined;
  let written: Deferred<void> | undefined;
  let waiting = 0;
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;

  const settle = (error: GatewayError | undefined): void => {
    const { resolve, reject } = written ?? {};
    written = undefined;
    waiting = 0;
    if (error === undefined) resolve?.();
    else reject?.(error);
  };

  const look = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (since === undefined) return;
    try {
      file.drain();
    } catch (error) {
      // Nobody will ever read it.
      since = undefined;
      isLate = false;
      settle(failed(error, waiting));
      return;
    }
    if (!file.isBehind()) {
      since = undefined;
      isLate = false;
      recovered();
      settle(undefined);
      return;
    }
    if (!isLate && monotonic() - since >= PATIENCE_MS) {
      isLate = true;
      settle(failed(behind(), waiting));
    }
    timer = setTimeout(look, LOOK_MS).unref();
  };

  return {
    wait() {
      since ??= monotonic();
      timer ??= setTimeout(look, LOOK_MS).unref();
      if (written === undefined) {
        written = createDeferred<void>();
        written.promise.catch(() => {});
      }
      waiting++;
      return written.promise;
    },
    isOver() {
      if (isLate) look();
      return isLate;
    },
    end() {
      look();
      clearTimeout(timer);
      since = undefined;
    },
  };
}
