/** Files of a log that are not there any more, as its records say. Pure. */
import { rotatedName } from './file-system.ts';
import type { LogProblem } from './log-problems.ts';
import type { Pruned } from './parse-line.ts';

interface Removals {
  /** The gateway removed a file. */
  add(pruned: Pruned): void;
  /** The line there says that it goes on after the file of that name. */
  follows(name: string, place: Place): void;
  /** The last record of a writer in the files that were removed; undefined where none is known. */
  lastOf(writer: string): number | undefined;
  /** True where writers were in removed files that are not named any more. */
  haveForgotten(): boolean;
  /** Rotated files that should be there. @param rotated numbers of those that are, oldest first. @param start the first line */
  missingFiles(rotated: readonly number[], start: Place): LogProblem[];
}

type Place = Pick<LogProblem, 'file' | 'line'>;

export function createRemovals(): Removals {
  const last = new Map<string, number>();
  const followed = new Map<number, Place>();
  let through = 0;
  let forgotten = 0;
  return {
    add(pruned) {
      through = Math.max(through, pruned.number);
      forgotten += pruned.forgotten;
      for (const [writer, seq] of pruned.last) last.set(writer, Math.max(seq, last.get(writer) ?? 0));
    },
    follows(name, place) {
      const number = rotatedName(name)?.number;
      if (number !== undefined) followed.set(number, place);
    },
    lastOf: (writer) => last.get(writer),
    haveForgotten: () => forgotten > 0,
    missingFiles(rotated, start) {
      const there = new Set(rotated);
      const [first = 0] = rotated;
      const problems: LogProblem[] = [];
      if (first > through + 1) problems.push({ kind: 'files-missing', from: through + 1, to: first - 1, ...start });
      for (const [number, place] of followed) {
        const isTold = number < first || number <= through || there.has(number);
        if (!isTold) problems.push({ kind: 'files-missing', from: number, to: number, ...place });
      }
      return problems;
    },
  };
}
