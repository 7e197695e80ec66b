/** The summaries of all rotated files of a log: read where they are kept and still true, made and kept where not. */
import fs from 'node:fs';
import { rotatedName } from '../file-system.ts';
import { closeAll, openAll } from '../verify-log.ts';
import {
  type FileSummary,
  hashOf,
  hashOfIds,
  readSummary,
  type SummaryContent,
  storedSummaries,
  summaryPath,
  writeSummary,
} from './file-summary.ts';
import { summariseFile } from './summarise-file.ts';

/** Bytes of all summaries whose files are gone. */
const MAX_GONE = 64 * 1024 * 1024;

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

interface LogSummaries {
  /** Of files that are there, by their paths. */
  readonly there: ReadonlyMap<string, SummaryContent>;
  /** Of files that were removed since, oldest first. */
  readonly gone: readonly FileSummary[];
}

/**
 * @param files the log and its rotated files, oldest first; each is read from its beginning where it has no summary
 * @throws what reading throws
 */
export function summariesOf(files: readonly OpenFile[]): LogSummaries {
  const rotated = files.filter(({ path }) => rotatedName(path) !== undefined);
  const [first] = rotated;
  const log = first && rotatedName(first.path);
  if (first === undefined || log === undefined) return { there: new Map(), gone: [] };
  const gone = storedSummaries(log.log)
    .filter(({ number }) => number < log.number)
    .sort((one, other) => one.number - other.number)
    .flatMap(({ path }) => readSummary(path) ?? []);
  const there = new Map<string, SummaryContent>();
  let before = gone.at(-1)?.after;
  for (const { path, fd } of rotated) {
    const summary = trueSummary(path, fd, before) ?? makeSummary(path, fd, before);
    there.set(path, summary);
    before = summary.after;
  }
  return { there, gone };
}

/** @param before the calls that were open when the file began; undefined where nobody knows any more */
function trueSummary(path: string, fd: number, before: readonly string[] | undefined): FileSummary | undefined {
  const summary = readSummary(summaryPath(path));
  if (summary === undefined || summary.size !== fs.fstatSync(fd).size) return undefined;
  if (before !== undefined && summary.before !== hashOfIds(before)) return undefined;
  return summary.hash === hashOf(fd, summary.size) ? summary : undefined;
}

function makeSummary(path: string, fd: number, before: readonly string[] = []): SummaryContent {
  const content = summariseFile(fd, fs.fstatSync(fd).size, new Set(before));
  writeSummary(path, content);
  return content;
}

/**
 * Makes the summaries that are missing, and removes the oldest of those whose files are gone where they take too much room.
 * @throws what reading throws
 */
export function keepSummaries(log: string): void {
  const { files } = openAll(log);
  try {
    summariesOf(files);
    removeOldest(files);
  } finally {
    closeAll(files);
  }
}

function removeOldest(files: readonly OpenFile[]): void {
  const rotated = files.flatMap(({ path }) => rotatedName(path) ?? []);
  const [first, last] = [rotated[0], rotated.at(-1)];
  if (first === undefined || last === undefined) return;
  let bytes = 0;
  for (const { path, number } of storedSummaries(first.log).sort((one, other) => other.number - one.number)) {
    // Numbers only grow: a later one is of a log that was here before.
    const isStray = number > last.number;
    if (number >= first.number && !isStray) continue;
    bytes += fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (isStray || bytes > MAX_GONE) fs.rmSync(path, { force: true });
  }
}
