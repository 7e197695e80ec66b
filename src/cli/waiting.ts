/** The servers that a command still waits for: on a terminal a line at its bottom names them, and how long it has been. */
import { openStatusLine } from './status-line.ts';

interface Waiting {
  /** Takes a server off, before something is written about it. */
  done(name: string): void;
  close(): void;
}

export function waitFor(names: readonly string[]): Waiting {
  const began = performance.now();
  const left = new Set(names);
  const line = openStatusLine(() => {
    if (left.size === 0) return '';
    const seconds = Math.round((performance.now() - began) / 1000);
    return `${names.length - left.size} of ${names.length} after ${seconds} s, waiting for ${[...left].join(', ')}`;
  });
  return {
    done(name) {
      left.delete(name);
      line.clear();
    },
    close: line.close,
  };
}

/** The last line of a command about several servers: `3 servers: 2 ready, 1 failed`; nothing for a single one. */
export function summaryOf(good: string, goodCount: number, bad: string, badCount: number): readonly string[] {
  const all = goodCount + badCount;
  if (all < 2) return [];
  const parts = [goodCount > 0 && `${goodCount} ${good}`, badCount > 0 && `${badCount} ${bad}`];
  return [`${all} servers: ${parts.filter((part) => part !== false).join(', ')}.`];
}
