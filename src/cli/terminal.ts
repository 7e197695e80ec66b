/** The terminal that a process was started in. */
import { isatty } from 'node:tty';

const STREAMS = [0, 1, 2];

/** @returns whether there was a terminal then and it is gone now: its window was closed, or its connection dropped. */
export function watchTerminal(isTerminal: (fd: number) => boolean = isatty): () => boolean {
  const before = STREAMS.filter(isTerminal);
  return () => before.length > 0 && !before.some(isTerminal);
}
