/** Problems of a log, and where they are. */
export type LogProblem = { readonly file: string; readonly line: number } & ProblemKind;

export type ProblemKind =
  /** The line does not match its own hash. */
  | { readonly kind: 'changed'; readonly writer: string | undefined; readonly seq: number | undefined }
  /** The line is whole, but the next one of its writer was written after another one. */
  | { readonly kind: 'replaced'; readonly writer: string; readonly seq: number }
  /** Records `from` to `to` of the writer should stand before this line. */
  | { readonly kind: 'missing'; readonly writer: string; readonly from: number; readonly to: number }
  /** The line stands here a second time, or in the wrong order. */
  | { readonly kind: 'repeated'; readonly writer: string; readonly seq: number }
  /** Files before this one are not there, and no record says that the gateway removed them. */
  | { readonly kind: 'files-missing'; readonly from: number; readonly to: number }
  /** The line is no record: cut off, or written over. */
  | { readonly kind: 'unreadable' }
  /** The line is JSON that no gateway with a chain wrote. */
  | { readonly kind: 'unchained' };

/** One sentence for people. */
export function describeProblem(problem: LogProblem): string {
  switch (problem.kind) {
    case 'changed': {
      const claim =
        problem.writer === undefined ? '' : ` (it says: writer ${problem.writer}, record ${problem.seq ?? '?'})`;
      return `the line was changed after it was written${claim}`;
    }
    case 'replaced':
      return `record ${problem.seq} of writer ${problem.writer}, or the one after it, was replaced`;
    case 'missing': {
      const what = problem.from === problem.to ? `record ${problem.from}` : `records ${problem.from} to ${problem.to}`;
      return `${what} of writer ${problem.writer} should stand before this line`;
    }
    case 'repeated':
      return `record ${problem.seq} of writer ${problem.writer} stands here again, or out of order`;
    case 'files-missing': {
      const what =
        problem.from === problem.to
          ? `rotated file ${problem.from} is`
          : `rotated files ${problem.from} to ${problem.to} are`;
      return `${what} not there, and no record says that the gateway removed it: somebody else removed or moved it`;
    }
    case 'unreadable':
      return 'the line is no record: it was cut off or written over';
    case 'unchained':
      return 'the line was not written by a gateway: it has no place in a chain';
  }
}
