/** Work that only one process at a time may do, for as long as a request to somebody else takes. */
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from './errors.ts';
import { STALE_MS, takeLock } from './lock-file.ts';

/** Milliseconds between two touches of a lock that is held. */
const TOUCH_MS = STALE_MS / 6;
/** Milliseconds between two attempts, at random up to this. */
const RETRY_MS = 20;
/** Milliseconds that somebody waits for the others. */
const PATIENCE_MS = 60_000;

/** The last to queue up in this process, by path. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Does the work while no other caller, here or in another process, works under the same path. In this process the order is
 * that of the calls. The lock of a process that died is taken over.
 * @throws what the work throws; GatewayError TIMEOUT after a minute of waiting for other processes.
 */
export async function holdLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve();
  const turn = before.then(() => lockAndWork(path, work));
  const settled = turn.catch(() => undefined);
  queues.set(path, settled);
  try {
    return await turn;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

async function lockAndWork<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = await waitForLock(path);
  const touch = setInterval(() => {
    const now = new Date();
    // Gone only where somebody took it for dead; what is under way must be finished all the same.
    fs.utimes(path, now, now, () => undefined);
  }, TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    release();
  }
}

async function waitForLock(path: string): Promise<() => void> {
  const start = performance.now();
  for (;;) {
    const release = takeLock(fs, path);
    if (release !== undefined) return release;
    if (performance.now() - start > PATIENCE_MS) {
      throw new GatewayError('TIMEOUT', 'Another gateway has worked on the same for a minute. Try again in a moment.');
    }
    await sleep(randomInt(1, RETRY_MS));
  }
}
