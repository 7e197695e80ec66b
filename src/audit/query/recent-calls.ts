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
  const reader = new CallReader(compileFilter(query));
  const { files } = openAll(log);
  try {
    for (const { fd } of files.toReversed()) {
      yield* reader.callsIn(fd);
      if (reader.isThrough) return;
    }
  } finally {
    closeAll(files);
  }
}

/**
 * The records of one request, in the order in which they were written.
 * @throws as `recentCalls`
 */
export function recordsOf(log: string, request: string): LogRecord[] {
  const filter = compileFilter({ request });
  const { files } = openAll(log);
  try {
    const older = new OlderRecords(filter);
    return files
      .toReversed()
      .flatMap(({ fd }) => [...older.in(fd)].filter(filter.matches))
      .reverse();
  } finally {
    closeAll(files);
  }
}

/** Joins the two records of each call, over the files of a log, the newest first. */
export class CallReader {
  readonly #filter: RecordFilter;
  readonly #older: OlderRecords;
  /** Calls whose end was read, and whose beginning was not. */
  readonly #ended = new Set<string>();

  constructor(filter: RecordFilter) {
    this.#filter = filter;
    this.#older = new OlderRecords(filter);
  }

  /** True where all that is left is older than what is asked for. */
  get isThrough(): boolean {
    return this.#older.isThrough;
  }

  /** The calls of the next older file that match. */
  *callsIn(fd: number): Generator<PastRecord> {
    for (const record of this.#older.in(fd, this.#isKnown)) {
      const { phase, request_id: id } = record;
      const isOpen = phase === 'decided';
      if (!isOpen && id !== '' && !isEvent(record)) this.end(id);
      if (this.#filter.matches(record)) yield { ...record, isOpen };
    }
  }

  /** A call ended, and its beginning is further back. */
  end(id: string): void {
    this.#ended.add(id);
    if (this.#ended.size > MAX_ENDED) forgetFirst(this.#ended);
  }

  /** True, once, of a call whose end was read. */
  ended(id: string): boolean {
    return this.#ended.delete(id);
  }

  /** A call whose end was read: most lines are the beginning of one. */
  readonly #isKnown = (line: Buffer): boolean => {
    const request = this.#ended.size === 0 ? undefined : requestDecided(line);
    return request !== undefined && this.#ended.delete(request);
  };
}

/** The records of a log that may match, file by file, the newest first. */
class OlderRecords {
  readonly #filter: RecordFilter;
  /** Bytes of records that were all older than what is asked for. */
  #older = 0;

  constructor(filter: RecordFilter) {
    this.#filter = filter;
  }

  get isThrough(): boolean {
    return this.#older > OLDER_BYTES;
  }

  /** @param isKnown true for lines that need not be read */
  *in(fd: number, isKnown: (line: Buffer) => boolean = () => false): Generator<LogRecord> {
    const { since, mayMatch } = this.#filter;
    const { mtime, size } = fstatSync(fd);
    // Nothing is written into a file after its last record.
    if (since !== '' && mtime.toISOString() < since) return;
    for (const line of readLinesBackwards(fd, size)) {
      const isOlder = since !== '' && timeOf(line) < since;
      this.#older = isOlder ? this.#older + line.length : 0;
      if (this.isThrough) return;
      const record = isOlder || !mayMatch(line) || isKnown(line) ? undefined : readRecord(line);
      if (record !== undefined) yield record;
    }
  }
}

function forgetFirst(ids: Set<string>): void {
  for (const id of ids) {
    ids.delete(id);
    return;
  }
}
