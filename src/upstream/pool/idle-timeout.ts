/** Closes a connection that nobody uses. */

import { timerMs } from '../../shared/wait-for.ts';
import { isIdle, type PooledConnection } from './pooled-connection.ts';

/** Milliseconds between two looks at a connection whose time is over but that works. */
const LOOK_MS = 50;

/**
 * Watches the link that an instance has now, in place of what was watched before. Timers are set anew only when they fire, not
 * at every call.
 * @param limitMs without a call.
 * @param end called once, when it is over.
 */
export function watchIdle(instance: PooledConnection, limitMs: number, end: () => void): void {
  instance.unwatch();
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number): void => {
    timer = setTimeout(look, timerMs(ms)).unref();
  };
  const look = (): void => {
    const left = instance.usedAt + limitMs - performance.now();
    if (left <= 0 && isIdle(instance)) end();
    else wait(Math.max(left, LOOK_MS));
  };
  // A timer holds all that its link holds, for half an hour where nobody says otherwise.
  instance.unwatch = () => clearTimeout(timer);
  wait(limitMs);
}
