/** Counts the calls of one rotated file, in one pass from its beginning. */
import { Buffer } from 'node:buffer';
import { type CallCell, GrowingCell, isEvent } from '../query/call-cell.ts';
import { type LogRecord, readRecord, requestDecided } from '../query/log-record.ts';
import { readLines } from '../read-lines.ts';
import { hashOf, hashOfIds, type OpenCall, type SummaryContent } from './file-summary.ts';

/** Different calls that a summary may have. */
const MAX_CELLS = 10_000;
/** Calls that may be open at the end of a file; older ones are taken to be over. */
const MAX_OPEN = 10_000;

/**
 * @param fd the file, at its beginning
 * @param size bytes of it that are read
 * @param before the calls that were open when it began, by their ids
 * @throws what reading throws
 */
export function summariseFile(fd: number, size: number, before: ReadonlySet<string>): SummaryContent {
  const counting = new FileCounting(before);
  for (const { bytes } of readLines(fd, size)) {
    if (bytes !== undefined && bytes.length > 0) counting.add(bytes);
  }
  return { size, hash: hashOf(fd, size), before: hashOfIds(before), ...counting.content() };
}

class FileCounting {
  readonly #before: ReadonlySet<string>;
  readonly #ended = new Set<string>();
  /** Lines with which calls began that have not ended. */
  readonly #open = new Map<string, Buffer>();
  #cells: Map<string, GrowingCell> | undefined = new Map();

  constructor(before: ReadonlySet<string>) {
    this.#before = before;
  }

  add(line: Buffer): void {
    const begun = requestDecided(line);
    if (begun !== undefined) {
      this.#open.set(begun, Buffer.from(line));
      return;
    }
    const record = readRecord(line);
    if (record === undefined) return;
    const { request_id: id } = record;
    if (isEvent(record)) return;
    if (id !== '' && !this.#open.delete(id) && this.#before.has(id)) this.#ended.add(id);
    this.#count(record);
  }

  content(): Pick<SummaryContent, 'ended' | 'open' | 'after' | 'cells'> {
    const open = [...this.#open.values()].flatMap((line) => openCall(line) ?? []);
    const after = [...this.#before, ...open.map(({ request_id }) => request_id)].filter((id) => !this.#ended.has(id));
    return {
      ended: [...this.#ended],
      open,
      after: after.slice(-MAX_OPEN),
      ...(this.#cells === undefined ? {} : { cells: Array.from(this.#cells.values(), (cell) => cell.cell()) }),
    };
  }

  #count(record: LogRecord): void {
    const key = GrowingCell.key(record);
    let cell = this.#cells?.get(key);
    if (cell === undefined) {
      cell = new GrowingCell(record);
      this.#cells?.set(key, cell);
      if ((this.#cells?.size ?? 0) > MAX_CELLS) this.#cells = undefined;
    }
    cell.add(record);
  }
}

/** The cell of one call that has only begun: it counts, and took no time that is known. */
function openCall(line: Buffer): OpenCall | undefined {
  const record = readRecord(line);
  if (record === undefined) return undefined;
  const cell: CallCell = new GrowingCell(record).cell();
  return { ...cell, calls: 1, request_id: record.request_id };
}
