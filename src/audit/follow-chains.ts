/** Following the chains of all writers through a log, line by line. Pure. */

import type { Problem, ProblemKind } from './log-problems.ts';
import type { LogLine } from './parse-line.ts';
import { FIRST_PREV } from './record-line.ts';
import { createRemovals } from './removals.ts';

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
  /** Records that are not here because another program renamed, removed or truncated the log, as its writer recorded then. */
  readonly elsewhere: readonly ForeignRemoval[];
}

/** Records `from` to `to` of a writer, which another program took out of the log. */
export interface ForeignRemoval {
  readonly writer: string;
  readonly from: number;
  readonly to: number;
  /** `renamed`, `removed` or `truncated`. */
  readonly reason: string;
  /** When the writer saw it, ISO 8601. */
  readonly at: string;
}

export interface ChainFollower {
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

/** Where a log begins. */
export type Beginning =
  /** Numbers of the rotated files, oldest first. */
  | { readonly rotated: readonly number[] }
  /** Only a part of a log is read: a chain may begin in the middle. */
  | 'in the middle';

/** A writer whose first records are not there. */
interface Late {
  readonly writer: string;
  readonly seq: number;
  readonly file: string;
  readonly number: number;
}

export function followChains(beginning: Beginning): ChainFollower {
  const links = new Map<string, Link>();
  const found = new Set<Problem>();
  const notes: string[] = [];
  /** Places of lines that were changed: they are reported already, and not missing as well. */
  const claimed = new Set<string>();
  /** Unreadable lines that may be what a full disk left of a line. */
  const fragments: Problem[] = [];
  /** The line before the end of the log, where it is such a fragment for which no later record can vouch yet. */
  let cut: Problem | undefined;
  const late: Late[] = [];
  const elsewhere: ForeignRemoval[] = [];
  const removals = createRemovals();
  /** The first line, and the rotated files that some line says were there. */
  let start: { readonly file: string; readonly number: number } | undefined;
  let records = 0;
  let unchained = 0;

  const isClaimed = (writer: string, from: number, to: number): boolean => {
    if (to - from >= claimed.size) return false;
    for (let seq = from; seq <= to; seq++) if (!claimed.has(`${writer} ${seq}`)) return false;
    return true;
  };

  /** What is wrong between a line and the one before it of the same writer. */
  const between = (
    before: Link | undefined,
    line: LogLine & { kind: 'intact' },
    file: string,
    number: number,
  ): ProblemKind | undefined => {
    const { writer, seq, prev } = line;
    const next = (before?.last ?? 0) + 1;
    if (seq < next) return { kind: 'repeated', writer, seq };
    if (seq === next) {
      return prev === (before?.hash ?? FIRST_PREV) ? undefined : { kind: 'replaced', writer, seq: before?.last ?? seq };
    }
    const { continued } = line;
    if (continued !== undefined && OF_OTHERS.has(continued.reason)) {
      elsewhere.push({ writer, from: next, to: seq - 1, reason: continued.reason, at: continued.at });
      return undefined;
    }
    if (before === undefined) {
      late.push({ writer, seq, file, number });
      return undefined;
    }
    return isClaimed(writer, next, seq - 1) ? undefined : { kind: 'missing', writer, from: next, to: seq - 1 };
  };

  const addIntact = (line: LogLine & { kind: 'intact' }, file: string, number: number): void => {
    records++;
    const before = links.get(line.writer);
    if (line.pruned !== undefined) removals.add(line.pruned);
    if (line.continued?.after !== undefined) removals.follows(line.continued.after, { file, line: number });
    const problem = between(before, line, file, number);
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

  /** What is said of chains that begin late, once all removals are known. */
  const judgeLate = (): { readonly problems: Problem[]; readonly notes: string[] } => {
    const problems: Problem[] = [];
    const more: string[] = [];
    for (const { writer, seq, file, number } of late) {
      const last = removals.lastOf(writer);
      const place = { file, line: number };
      if (last === seq - 1 || isClaimed(writer, 1, seq - 1)) continue;
      if (beginning === 'in the middle' || (last === undefined && removals.haveForgotten())) {
        more.push(`Writer ${writer} begins with record ${seq}: what came before is in older files.`);
      } else problems.push({ kind: 'missing', writer, from: (last ?? 0) + 1, to: seq - 1, ...place });
    }
    if (beginning !== 'in the middle' && start !== undefined) {
      problems.push(...removals.missingFiles(beginning.rotated, { file: start.file, line: start.number }));
    }
    return { problems, notes: more };
  };

  return {
    add(line, file, number, ended = true) {
      cut = undefined;
      start ??= { file, number };
      if (line.kind === 'intact') {
        addIntact(line, file, number);
        return;
      }
      if (line.kind === 'unchained' && links.size === 0 && found.size === 0 && beginning !== 'in the middle') {
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
      const judged = judgeLate();
      const problems = [...[...found].filter((problem) => problem !== cut), ...judged.problems];
      const last = cut === undefined ? [] : [failedWrite(cut)];
      // What the gateway removed itself by now is nowhere else.
      const gone = elsewhere.filter(({ writer, to }) => (removals.lastOf(writer) ?? 0) < to);
      return { records, writers, problems, notes: [...older, ...notes, ...judged.notes, ...last], elsewhere: gone };
    },
  };
}

/** What other programs do to a log. */
const OF_OTHERS: ReadonlySet<string> = new Set(['renamed', 'removed', 'truncated']);

function failedWrite({ file, line }: Problem): string {
  return `${file}:${line} is the beginning of a record whose write was cut off.`;
}
