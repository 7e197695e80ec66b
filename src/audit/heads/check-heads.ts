/** A log against heads that were kept elsewhere: is everything still there that they say? */
import type { ForeignRemoval } from '../follow-chains.ts';
import type { LogLine } from '../parse-line.ts';
import type { HeadStatement } from './signed-head.ts';

/** A contradiction between a head and the log. */
export interface HeadProblem {
  /** `cut`: the log ends before that record. `rewritten`: it has another one in its place. `gone`: that writer is not in it. */
  readonly kind: 'cut' | 'rewritten' | 'gone';
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

export class HeadChecker {
  /** By writer, then by record, what heads say and was not seen yet. */
  readonly #claims = new Map<string, Map<number, Claim>>();
  readonly #ranges = new Map<string, { first: number; last: number }>();
  readonly #rewritten: HeadProblem[] = [];
  /** By writer, the last record in a file that the gateway removed. */
  readonly #pruned = new Map<string, number>();
  #hasForgotten = false;

  constructor(heads: readonly HeadStatement[]) {
    for (const { at, writers } of heads) {
      for (const { writer, seq, hash } of writers) {
        const claims = this.#claims.get(writer) ?? new Map<number, Claim>();
        this.#claims.set(writer, claims);
        claims.set(seq, { hash, at });
      }
    }
  }

  /** Takes the next line of the log. */
  add(line: LogLine): void {
    if (line.kind !== 'intact') return;
    const { writer, seq, hash, pruned } = line;
    for (const [of, last] of pruned?.last ?? []) this.#pruned.set(of, Math.max(last, this.#pruned.get(of) ?? 0));
    if (pruned !== undefined && pruned.forgotten > 0) this.#hasForgotten = true;
    const claims = this.#claims.get(writer);
    if (claims === undefined) return;
    const range = this.#ranges.get(writer);
    if (range === undefined) this.#ranges.set(writer, { first: seq, last: seq });
    else range.last = Math.max(range.last, seq);
    const claim = claims.get(seq);
    if (claim === undefined) return;
    claims.delete(seq);
    if (claim.hash !== hash) this.#rewritten.push({ kind: 'rewritten', writer, seq, last: seq, at: claim.at });
  }

  /**
   * @param elsewhere records that another program took out of the log, as it was recorded then
   * @param isPart true where only a part of the log was read: it may begin later
   */
  problems(elsewhere: readonly ForeignRemoval[], isPart: boolean): readonly HeadProblem[] {
    const missing = [...this.#claims].flatMap(([writer, claims]) =>
      [...claims].flatMap(([seq, { at }]): HeadProblem[] => {
        const range = this.#ranges.get(writer);
        const isAway =
          seq <= (this.#pruned.get(writer) ?? 0) ||
          elsewhere.some((removal) => removal.writer === writer && removal.from <= seq && seq <= removal.to) ||
          (isPart && seq < (range?.first ?? Number.POSITIVE_INFINITY)) ||
          (range === undefined && this.#hasForgotten);
        if (isAway) return [];
        const kind = range === undefined ? 'gone' : seq > range.last ? 'cut' : 'rewritten';
        return [{ kind, writer, seq, last: range?.last, at }];
      }),
    );
    return [...this.#rewritten, ...missing];
  }
}

/** One sentence for people. */
export function describeHeadProblem({ kind, writer, seq, last, at }: HeadProblem): string {
  const said = `a head of ${at} has record ${seq} of writer ${writer}`;
  switch (kind) {
    case 'cut':
      return `${said}, and the log ends with its record ${last}: the end was cut off`;
    case 'rewritten':
      return `${said}, and the log has another one, or none, in its place: it was rewritten`;
    case 'gone':
      return `${said}, and the log has none of that writer: it was removed, or all of it was written anew`;
  }
}
