/** The calls of a log, to be counted: those of rotated files from their summaries, all others one by one. */
import type { CallCell } from '../query/call-cell.ts';
import { CallReader, type PastRecord } from '../query/recent-calls.ts';
import { compileFilter, type RecordFilter, type RecordQuery } from '../query/record-filter.ts';
import { closeAll, openAll } from '../verify-log.ts';
import type { SummaryContent } from './file-summary.ts';
import { summariesOf } from './log-summaries.ts';

/**
 * As `recentCalls`, with many calls at once where they are alike, and with those of files that were removed. Makes and keeps the
 * summaries that are missing. Blocks while it reads: for commands.
 * @throws what opening or reading a file throws, e.g. ENOENT.
 */
export function* countedCalls(log: string, query: RecordQuery): Generator<PastRecord | CallCell> {
  const filter = compileFilter(query);
  const { files } = openAll(log);
  try {
    const { there, gone } = summariesOf(files);
    const reader = new CallReader(filter);
    for (const { path, fd } of files.toReversed()) {
      const summary = there.get(path);
      const cells = summary && cellsIn(summary, filter);
      if (summary === undefined || cells === undefined) {
        yield* reader.callsIn(fd);
        if (reader.isThrough) break;
      } else if (filter.since === '' || !isOlder(summary, filter.since)) {
        for (const call of summary.open) if (!reader.ended(call.request_id) && filter.matches(call)) yield call;
        yield* cells;
        for (const id of summary.ended) reader.end(id);
      }
    }
    // Whoever asks for a part of a day gets all that is known of it.
    for (const { cells = [], open, ended } of gone.toReversed()) {
      for (const call of open) if (!reader.ended(call.request_id) && filter.matches(call)) yield call;
      yield* cells.filter((cell) => filter.namesMatch(cell) && placeOf(cell, filter) !== 'outside');
      for (const id of ended) reader.end(id);
    }
  } finally {
    closeAll(files);
  }
}

/** The cells that match; undefined where only the records can tell. */
function cellsIn({ cells }: SummaryContent, filter: RecordFilter): readonly CallCell[] | undefined {
  const named = cells?.filter(filter.namesMatch);
  if (named?.some((cell) => placeOf(cell, filter) === 'both')) return undefined;
  return named?.filter((cell) => placeOf(cell, filter) === 'inside');
}

/** The place of the calls of a cell: in the time that is asked for, outside of it, or both. */
function placeOf({ first, timestamp: last }: CallCell, { since, until }: RecordFilter): 'inside' | 'outside' | 'both' {
  if (last < since || (until !== undefined && first >= until)) return 'outside';
  return first >= since && (until === undefined || last < until) ? 'inside' : 'both';
}

function isOlder({ cells = [], open }: SummaryContent, since: string): boolean {
  return [...cells, ...open].every(({ timestamp }) => timestamp < since);
}
