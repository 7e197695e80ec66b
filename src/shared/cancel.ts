/**
 * Cancellation on the path of a call. An `AbortSignal` is an `EventTarget`, which costs several microseconds for each call that
 * makes one and listens to it; this is the part of it that a call needs.
 */

/** Every `AbortSignal` is one. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Called once, when aborted; never where that has happened already. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The reason of calls whose caller is gone without a word: it may come back, and make the same call again. */
export const CALLER_GONE: unknown = new DOMException('The caller is gone.', 'AbortError');

/** Its own signal, so that one object does for both. */
export class Canceller implements CancelSignal {
  aborted = false;
  reason: unknown;
  /** The only listener, or all of them. */
  #listeners: (() => void) | (() => void)[] | undefined;

  get signal(): CancelSignal {
    return this;
  }

  /** @param reason what waits rejects with; default an `AbortError`. */
  abort(reason: unknown = new DOMException('This operation was aborted.', 'AbortError')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (typeof listeners === 'function') listeners();
    else for (const listener of listeners ?? []) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    const listeners = this.#listeners;
    if (listeners === undefined) this.#listeners = listener;
    else if (typeof listeners === 'function') this.#listeners = [listeners, listener];
    else listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const listeners = this.#listeners;
    if (listeners === listener) this.#listeners = undefined;
    else if (typeof listeners === 'object') this.#listeners = listeners.filter((other) => other !== listener);
  }
}

/**
 * Aborts one with the other from now on. `AbortSignal.any` would leave something on the signal each time, and some live long.
 * @returns lets the signal go.
 */
export function follow(canceller: Canceller, signal: CancelSignal): () => void {
  const abort = (): void => canceller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
