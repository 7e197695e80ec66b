/** Following the chains of all writers through a log, line by line. Pure. */
import { FIRST_PREV } from './line.ts';
import type { LogLine } from './parse-line.ts';
import type { Problem, ProblemKind } from './problems.ts';

export interface WriterSummary {
  readonly writer: string;
  readonly first_seq: number;
  /** Compare it with what you knew before: nothing that is left after a writer's last line can tell that there were more. */
  readonly last_seq: number;
}

export interface Findings {
  /** Lines that are intact. */
  readonly records: number;
  readonly writers: readonly WriterSummary[];
  readonly problems: readonly Problem[];
  /** What is worth knowing and no sign of a change. */
  readonly notes: readonly string[];
}

export interface Follower {
  /** @param ended with a line feed; only the last line of a file may be without. */
  add(line: LogLine, file: string, number: number, ended?: boolean): void;
  findings(): Findings;
}

interface Link {
  readonly first: number;
  readonly last: number;
  readonly hash: string;
  readonly file: string;
  readonly number: number;
}

/**
 * @param beginsLate older files are gone or were left out, so a chain may begin in the middle.
 */
export function followChains(beginsLate: boolean): Follower {
  const links = new Map<string, Link>();
  const found = new Set<Problem>();
  const notes: string[] = [];
  /** Places of lines that were changed: they are reported already, and not missing as well. */
  const claimed = new Set<string>();
  /** Unreadable lines that may be what a full disk left of a line. */
  const fragments: Problem[] = [];
  /** The line before the end of the log, where it is such a fragment for which no later record can vouch yet. */
  let cut: Problem | undefined;
  let records = 0;
  let unchained = 0;

  const isClaimed = (writer: string, from: number, to: number): boolean => {
    if (to - from >= claimed.size) return false;
    for (let seq = from; seq <= to; seq++) if (!claimed.has(`${writer} ${seq}`)) return false;
    return true;
  };

  /** What is wrong between a line and the one before it of the same writer. */
  const between = (before: Link | undefined, line: LogLine & { kind: 'intact' }): ProblemKind | undefined => {
    const { writer, seq, prev } = line;
    const next = (before?.last ?? 0) + 1;
    if (seq < next) return { kind: 'repeated', writer, seq };
    if (seq === next) {
      return prev === (before?.hash ?? FIRST_PREV) ? undefined : { kind: 'replaced', writer, seq: before?.last ?? seq };
    }
    if (before === undefined && beginsLate) {
      notes.push(`Writer ${writer} begins with record ${seq}: what came before is in older files.`);
      return undefined;
    }
    return isClaimed(writer, next, seq - 1) ? undefined : { kind: 'missing', writer, from: next, to: seq - 1 };
  };

  const addIntact = (line: LogLine & { kind: 'intact' }, file: string, number: number): void => {
    records++;
    const before = links.get(line.writer);
    const problem = between(before, line);
    if (problem?.kind === 'replaced' && before !== undefined)
      found.add({ ...problem, file: before.file, line: before.number });
    else if (problem !== undefined) found.add({ ...problem, file, line: number });
    if (problem?.kind === 'repeated') return;
    for (const fragment of line.torn === 0 ? [] : fragments.splice(-line.torn)) {
      found.delete(fragment);
      notes.push(failedWrite(fragment));
    }
    links.set(line.writer, { first: before?.first ?? line.seq, last: line.seq, hash: line.hash, file, number });
  };

  return {
    add(line, file, number, ended = true) {
      cut = undefined;
      if (line.kind === 'intact') {
        addIntact(line, file, number);
        return;
      }
      if (line.kind === 'unchained' && links.size === 0 && found.size === 0 && !beginsLate) {
        unchained++;
        return;
      }
      const problem: Problem = { ...line, file, line: number };
      found.add(problem);
      if (line.kind === 'unreadable') {
        fragments.push(problem);
        if (!ended) cut = problem;
      }
      if (line.kind === 'changed') claimed.add(`${line.writer} ${line.seq}`);
    },
    findings() {
      const older =
        unchained === 0 ? [] : [`${unchained} lines at the beginning have no chain: an older program wrote them.`];
      const writers = Array.from(links, ([writer, { first, last }]) => ({ writer, first_seq: first, last_seq: last }));
      const problems = [...found].filter((problem) => problem !== cut);
      const last = cut === undefined ? [] : [failedWrite(cut)];
      return { records, writers, problems, notes: [...older, ...notes, ...last] };
    },
  };
}

function failedWrite({ file, line }: Problem): string {
  return `${file}:${line} is the beginning of a record whose write was cut off.`;
}
