/** Reads a log, the newest first, without reading more of it than is asked for. Blocks while it reads: for commands. */
import type { Buffer } from 'node:buffer';
import { fstatSync } from 'node:fs';
import { closeAll, openAll } from '../verify-log.ts';
import { isEvent } from './call-cell.ts';
import { type LogRecord, readRecord, requestDecided, timeOf } from './log-record.ts';
import { readLinesBackwards } from './read-backwards.ts';
import { compileFilter, type RecordFilter, type RecordQuery } from './record-filter.ts';

/** One call, or an event of the gateway: its last record. */
export interface PastRecord extends LogRecord {
  /** True for a call that was forwarded and whose end is not recorded: it is running, or its gateway was killed. */
  readonly isOpen: boolean;
}

/**
 * Bytes of records, one after the other, that are all older than what is asked for, after which the rest is taken to be older too.
 * Several writers, and a clock that is set back for a while, mix older records with newer ones.
 */
const OLDER_BYTES = 16 * 1024 * 1024;
/** Calls whose end was read and whose beginning was not yet, of which the ids are kept. */
const MAX_ENDED = 200_000;

/**
 * The calls in a log and its rotated files that match.
 * @throws what opening or reading a file throws, e.g. ENOENT.
 */
export function* recentCalls(log: string, query: RecordQuery): Generator<PastRecord> {
  const filter = compileFilter(query);
  const ended = new Set<string>();
  /** A call whose end was read: most lines are the beginning of one. */
  const isKnown = (line: Buffer): boolean => {
    const request = ended.size === 0 ? undefined : requestDecided(line);
    return request !== undefined && ended.delete(request);
  };
  for (const record of records(log, filter, isKnown)) {
    const { phase, request_id: id } = record;
    const isOpen = phase === 'decided';
    if (!isOpen && id !== '' && !isEvent(record)) ended.add(id);
    if (ended.size > MAX_ENDED) forgetFirst(ended);
    if (filter.matches(record)) yield { ...record, isOpen };
  }
}

/**
 * The records of one request, in the order in which they were written.
 * @throws as `recentCalls`
 */
export function recordsOf(log: string, request: string): LogRecord[] {
  const filter = compileFilter({ request });
  return [...records(log, filter)].filter(filter.matches).reverse();
}

/** All records that may match. @param isKnown true for lines that need not be read */
function* records(
  log: string,
  { since, mayMatch }: RecordFilter,
  isKnown: (line: Buffer) => boolean = () => false,
): Generator<LogRecord> {
  const { files } = openAll(log);
  try {
    let older = 0;
    for (const { fd } of files.toReversed()) {
      const { mtime, size } = fstatSync(fd);
      // Nothing is written into a file after its last record.
      if (since !== '' && mtime.toISOString() < since) continue;
      for (const line of readLinesBackwards(fd, size)) {
        const isOlder = since !== '' && timeOf(line) < since;
        older = isOlder ? older + line.length : 0;
        if (older > OLDER_BYTES) return;
        const record = isOlder || !mayMatch(line) || isKnown(line) ? undefined : readRecord(line);
        if (record !== undefined) yield record;
      }
    }
  } finally {
    closeAll(files);
  }
}

function forgetFirst(ids: Set<string>): void {
  for (const id of ids) {
    ids.delete(id);
    return;
  }
}
