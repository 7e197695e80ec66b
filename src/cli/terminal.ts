/** The terminal that a process was started in. */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';

const STREAMS = [0, 1, 2];

/** @returns whether there was a terminal then and it is gone now: its window was closed, or its connection dropped. */
export function watchTerminal(isTerminal: (fd: number) => boolean = isatty): () => boolean {
  const before = STREAMS.filter(isTerminal);
  return () => before.length > 0 && !before.some(isTerminal);
}

/** Before the end of the process: Node aborts where it cannot give a terminal back as it was, because it is gone. */
export function endWithoutTerminal(isTerminal: (fd: number) => boolean = isatty): void {
  const before = STREAMS.filter(isTerminal);
  process.once('exit', () => {
    for (const fd of before) if (!isTerminal(fd)) replace(fd);
  });
}

/** The lowest number that is free is taken. */
function replace(fd: number): void {
  try {
    closeSync(fd);
    openSync(devNull, 'r+');
  } catch {
    // It is closed already.
  }
}
