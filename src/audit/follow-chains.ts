/** Following the chains of all writers through a log, line by line. Pure. */

import type { LogProblem, ProblemKind } from './log-problems.ts';
import type { LogLine } from './parse-line.ts';
import { FIRST_PREV } from './record-line.ts';
import { createRemovals } from './removals.ts';

interface WriterSummary {
  readonly writer: string;
  readonly first_seq: number;
  /** Compare it with what you knew before: nothing that is left after a writer's last line can tell that there were more. */
  readonly last_seq: number;
}

export interface Findings {
  /** Lines that are intact. */
  readonly records: number;
  readonly writers: readonly WriterSummary[];
  readonly problems: readonly LogProblem[];
  /** Notes that are worth knowing and no sign of a change. */
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
  /** The time at which the writer saw it, ISO 8601. */
  readonly at: string;
}

type Place = Pick<LogProblem, 'file' | 'line'>;

/** The records of one writer so far. */
interface Link {
  readonly first: number;
  readonly last: number;
  readonly hash: string;
  readonly place: Place;
}

/** The beginning of a log. */
export type Beginning =
  /** Numbers of the rotated files, oldest first. */
  | { readonly rotated: readonly number[] }
  /** Only a part of a log is read: a chain may begin in the middle. */
  | 'in the middle';

/** A writer whose first records are not there. */
interface Late {
  readonly writer: string;
  readonly seq: number;
  readonly place: Place;
}

type IntactLine = LogLine & { readonly kind: 'intact' };

/** Follows the chains of all writers, line by line. */
export class ChainFollower {
  readonly #beginning: Beginning;
  readonly #links = new Map<string, Link>();
  readonly #problems = new Set<LogProblem>();
  readonly #notes: string[] = [];
  /** Places of lines that were changed: they are reported already, and not missing as well. */
  readonly #claimed = new Set<string>();
  /** Unreadable lines that may be what a full disk left of a line. */
  readonly #fragments: LogProblem[] = [];
  /** The line before the end of the log, where it is such a fragment for which no later record can vouch yet. */
  #cut: LogProblem | undefined;
  readonly #late: Late[] = [];
  readonly #elsewhere: ForeignRemoval[] = [];
  readonly #removals = createRemovals();
  /** The first line. */
  #start: Place | undefined;
  #records = 0;
  #unchained = 0;

  constructor(beginning: Beginning) {
    this.#beginning = beginning;
  }

  /** @param ended with a line feed; only the last line of a file may be without. */
  add(line: LogLine, file: string, number: number, ended = true): void {
    const place = { file, line: number };
    this.#cut = undefined;
    this.#start ??= place;
    if (line.kind === 'intact') this.#addIntact(line, place);
    else if (line.kind === 'unchained' && this.#isBeforeChains()) this.#unchained++;
    else this.#addFlawed({ ...line, ...place }, ended);
  }

  findings(): Findings {
    const late = this.#judgeLate();
    const unchained = this.#unchained;
    return {
      records: this.#records,
      writers: Array.from(this.#links, ([writer, { first, last }]) => ({ writer, first_seq: first, last_seq: last })),
      problems: [...[...this.#problems].filter((problem) => problem !== this.#cut), ...late.problems],
      notes: [
        ...(unchained === 0 ? [] : [`${unchained} lines at the beginning have no chain: an older program wrote them.`]),
        ...this.#notes,
        ...late.notes,
        ...(this.#cut === undefined ? [] : [failedWrite(this.#cut)]),
      ],
      // A file that the gateway removed itself by now is nowhere else.
      elsewhere: this.#elsewhere.filter(({ writer, to }) => (this.#removals.lastOf(writer) ?? 0) < to),
    };
  }

  #isBeforeChains(): boolean {
    return this.#links.size === 0 && this.#problems.size === 0 && this.#beginning !== 'in the middle';
  }

  #addFlawed(problem: LogProblem, ended: boolean): void {
    this.#problems.add(problem);
    if (problem.kind === 'unreadable') {
      this.#fragments.push(problem);
      if (!ended) this.#cut = problem;
    }
    if (problem.kind === 'changed') this.#claimed.add(`${problem.writer} ${problem.seq}`);
  }

  #addIntact(line: IntactLine, place: Place): void {
    this.#records++;
    const before = this.#links.get(line.writer);
    if (line.pruned !== undefined) this.#removals.add(line.pruned);
    if (line.continued?.after !== undefined) this.#removals.follows(line.continued.after, place);
    const problem = this.#compare(before, line, place);
    if (problem !== undefined) {
      this.#problems.add({
        ...problem,
        ...(problem.kind === 'replaced' && before !== undefined ? before.place : place),
      });
    }
    if (problem?.kind === 'repeated') return;
    for (const fragment of line.torn === 0 ? [] : this.#fragments.splice(-line.torn)) {
      this.#problems.delete(fragment);
      this.#notes.push(failedWrite(fragment));
    }
    this.#links.set(line.writer, { first: before?.first ?? line.seq, last: line.seq, hash: line.hash, place });
  }

  /** Compares a line with the one before it of the same writer. @returns what is wrong */
  #compare(before: Link | undefined, line: IntactLine, place: Place): ProblemKind | undefined {
    const { writer, seq, prev, continued } = line;
    const next = (before?.last ?? 0) + 1;
    if (seq < next) return { kind: 'repeated', writer, seq };
    if (seq === next) {
      return prev === (before?.hash ?? FIRST_PREV) ? undefined : { kind: 'replaced', writer, seq: before?.last ?? seq };
    }
    if (continued !== undefined && OF_OTHERS.has(continued.reason)) {
      this.#elsewhere.push({ writer, from: next, to: seq - 1, reason: continued.reason, at: continued.at });
      return undefined;
    }
    if (before === undefined) {
      this.#late.push({ writer, seq, place });
      return undefined;
    }
    return this.#areClaimed(writer, next, seq - 1) ? undefined : { kind: 'missing', writer, from: next, to: seq - 1 };
  }

  #areClaimed(writer: string, from: number, to: number): boolean {
    if (to - from >= this.#claimed.size) return false;
    for (let seq = from; seq <= to; seq++) if (!this.#claimed.has(`${writer} ${seq}`)) return false;
    return true;
  }

  /** Judges chains that begin late, once all removals are known. */
  #judgeLate(): { readonly problems: LogProblem[]; readonly notes: string[] } {
    const problems: LogProblem[] = [];
    const notes: string[] = [];
    const beginning = this.#beginning;
    for (const { writer, seq, place } of this.#late) {
      const last = this.#removals.lastOf(writer);
      if (last === seq - 1 || this.#areClaimed(writer, 1, seq - 1)) continue;
      if (beginning === 'in the middle' || (last === undefined && this.#removals.haveForgotten())) {
        notes.push(`Writer ${writer} begins with record ${seq}: what came before is in older files.`);
      } else problems.push({ kind: 'missing', writer, from: (last ?? 0) + 1, to: seq - 1, ...place });
    }
    if (beginning !== 'in the middle' && this.#start !== undefined) {
      problems.push(...this.#removals.missingFiles(beginning.rotated, this.#start));
    }
    return { problems, notes };
  }
}

/** The reasons of other programs: what they do to a log. */
const OF_OTHERS: ReadonlySet<string> = new Set(['renamed', 'removed', 'truncated']);

function failedWrite({ file, line }: LogProblem): string {
  return `${file}:${line} is the beginning of a record whose write was cut off.`;
}
