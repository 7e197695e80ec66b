/** Closes a connection that nobody uses. */
import { type Instance, isIdle } from './instance.ts';
import { timerMs } from './wait.ts';

/** Milliseconds between two looks at a connection whose time is over but that works. */
const LOOK_MS = 50;

/**
 * Watches the link that an instance has now. Timers are set anew only when they fire, not at every call.
 * @param limitMs without a call.
 * @param end called once, when it is over.
 */
export function watchIdle(instance: Instance, limitMs: number, end: () => void): void {
  const { link } = instance;
  const look = (): void => {
    if (instance.link !== link || link === undefined || link.closed) return;
    const left = instance.usedAt + limitMs - Date.now();
    if (left <= 0 && isIdle(instance)) end();
    else setTimeout(look, timerMs(Math.max(left, LOOK_MS))).unref();
  };
  setTimeout(look, timerMs(limitMs)).unref();
}
