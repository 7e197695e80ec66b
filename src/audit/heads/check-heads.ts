/** A log against heads that were kept elsewhere: is everything still there that they say? */
import type { ForeignRemoval } from '../follow-chains.ts';
import type { LogLine } from '../parse-line.ts';
import type { HeadStatement } from './signed-head.ts';

/** A contradiction between a head and the log. */
export interface HeadProblem {
  /**
   * `cut`: the log ends before that record. `rewritten`: it has another one in its place. `gone`: that writer is not in it. `unproven`: the log
   * says that the gateway removed it, in a record that no head confirms: whoever can write the log could have written that too.
   */
  readonly kind: 'cut' | 'rewritten' | 'gone' | 'unproven';
  readonly writer: string;
  readonly seq: number;
  /** The last record of that writer that there is. */
  readonly last: number | undefined;
  /** The time of the head, ISO 8601. */
  readonly at: string;
}

interface Claim {
  readonly hash: string;
  readonly at: string;
}

/** The last record of each writer in files that are not there any more, as records of the log say. */
class Removed {
  readonly #last = new Map<string, number>();
  #haveForgotten = false;

  add(last: Iterable<readonly [writer: string, seq: number]>, haveForgotten: boolean): void {
    for (const [writer, seq] of last) this.#last.set(writer, Math.max(seq, this.#last.get(writer) ?? 0));
    this.#haveForgotten ||= haveForgotten;
  }

  addAll(other: Removed): void {
    this.add(other.#last, other.#haveForgotten);
  }

  /** @param isThere false where no record of the writer is left */
  has(writer: string, seq: number, isThere: boolean): boolean {
    return seq <= (this.#last.get(writer) ?? 0) || (!isThere && this.#haveForgotten);
  }
}

export class HeadChecker {
  /** By writer, then by record, what heads say and was not seen yet. Those of one record agree, or one of them is wrong. */
  readonly #claims = new Map<string, Map<number, Claim[]>>();
  readonly #ranges = new Map<string, { first: number; last: number }>();
  readonly #rewritten: HeadProblem[] = [];
  /** By the writer who says so, until a head confirms its record, or a later one. */
  readonly #unproven = new Map<string, Removed>();
  readonly #proven = new Removed();

  constructor(heads: readonly HeadStatement[]) {
    for (const { at, writers } of heads) {
      for (const { writer, seq, hash } of writers) {
        const claims = this.#claims.get(writer) ?? new Map<number, Claim[]>();
        this.#claims.set(writer, claims);
        const same = claims.get(seq) ?? [];
        claims.set(seq, same);
        if (same.every((one) => one.hash !== hash)) same.push({ hash, at });
      }
    }
  }

  /** Takes the next line of the log. */
  add(line: LogLine): void {
    if (line.kind !== 'intact') return;
    const { writer, seq, hash, pruned } = line;
    if (pruned !== undefined) this.#unprovenBy(writer).add(pruned.last, pruned.forgotten > 0);
    const claims = this.#claims.get(writer);
    if (claims === undefined) return;
    const range = this.#ranges.get(writer);
    if (range === undefined) this.#ranges.set(writer, { first: seq, last: seq });
    else range.last = Math.max(range.last, seq);
    for (const { hash: claimed, at } of claims.get(seq) ?? []) {
      if (claimed !== hash) this.#rewritten.push({ kind: 'rewritten', writer, seq, last: seq, at });
      else this.#confirm(writer);
    }
    claims.delete(seq);
  }

  #unprovenBy(writer: string): Removed {
    const removed = this.#unproven.get(writer) ?? new Removed();
    this.#unproven.set(writer, removed);
    return removed;
  }

  /** A head has this record of the writer: with it, all before. */
  #confirm(writer: string): void {
    const removed = this.#unproven.get(writer);
    if (removed !== undefined) this.#proven.addAll(removed);
    this.#unproven.delete(writer);
  }

  /**
   * @param elsewhere records that another program took out of the log, as it was recorded then
   * @param isPart true where only a part of the log was read: it may begin later
   */
  problems(elsewhere: readonly ForeignRemoval[], isPart: boolean): readonly HeadProblem[] {
    const unproven = new Removed();
    for (const removed of this.#unproven.values()) unproven.addAll(removed);
    const missing = [...this.#claims].flatMap(([writer, claims]) =>
      [...claims].flatMap(([seq, [claim]]): HeadProblem[] => {
        const range = this.#ranges.get(writer);
        const isThere = range !== undefined;
        const isAway =
          this.#proven.has(writer, seq, isThere) ||
          elsewhere.some((removal) => removal.writer === writer && removal.from <= seq && seq <= removal.to) ||
          (isPart && seq < (range?.first ?? Number.POSITIVE_INFINITY));
        if (isAway || claim === undefined) return [];
        const kind = unproven.has(writer, seq, isThere) ? 'unproven' : kindOf(seq, range?.last);
        return [{ kind, writer, seq, last: range?.last, at: claim.at }];
      }),
    );
    return [...this.#rewritten, ...missing];
  }
}

function kindOf(seq: number, last: number | undefined): HeadProblem['kind'] {
  if (last === undefined) return 'gone';
  return seq > last ? 'cut' : 'rewritten';
}

/** One sentence for people. */
export function describeHeadProblem({ kind, writer, seq, last, at }: HeadProblem): string {
  const said = `a head of ${at} has record ${seq} of writer ${writer}`;
  switch (kind) {
    case 'cut':
      return `${said}, and the log ends with its record ${last}: the end was cut off`;
    case 'rewritten':
      return `${said}, and the log has another one, or none, in its place: it was rewritten`;
    case 'unproven':
      return `${said}, and the log says that the gateway removed it, in a record that no head confirms: check again after the next head`;
    case 'gone':
      return `${said}, and the log has none of that writer: it was removed, or all of it was written anew`;
  }
}
