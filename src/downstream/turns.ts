/**
 * Large messages are read one per turn of the event loop: several that come together would make everybody else wait for all of
 * them.
 */

/** Bytes from which a message waits for its turn. */
const LARGE = 256 * 1024;

const waiting: (() => void)[] = [];

const next = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
};

/** @returns undefined where a message of so many bytes may be read at once. */
export function turnFor(bytes: number): Promise<void> | undefined {
  if (bytes < LARGE) return undefined;
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });
}
