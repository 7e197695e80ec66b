/**
 * The calls of one rotated file, counted, in a small file beside it: `.audit.jsonl.000007.summary.json`. It holds nothing that the log
 * does not, and says of which bytes it is, so that it can be made anew at any time. The name begins with a dot, so that nobody who
 * names the log and its rotated files (`audit.jsonl*`) names it too.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CallCell } from '../query/call-cell.ts';

const VERSION = 1;
/** Bytes of a file's beginning and of its end that tell it from others. Every line at its end has the hash of the lines before. */
const EDGE = 64 * 1024;

/** A call whose end is in no record of its file. */
export interface OpenCall extends CallCell {
  readonly request_id: string;
}

export interface FileSummary {
  readonly version: number;
  /** Size and hash of the file that it is of. */
  readonly size: number;
  readonly hash: string;
  /** Calls that were open when the file began, as a hash of their ids: what is said of calls that go over two files rests on them. */
  readonly before: string;
  /** Those of them that ended in the file. */
  readonly ended: readonly string[];
  /** Calls that began in the file and did not end there. */
  readonly open: readonly OpenCall[];
  /** All calls that are open at its end, by their ids. */
  readonly after: readonly string[];
  /** Undefined where there are too many different calls: whoever counts reads the file. */
  readonly cells?: readonly CallCell[];
}

export type SummaryContent = Omit<FileSummary, 'version'>;

const NAME = /^\.(.+)\.(\d{6})\.summary\.json$/;

interface StoredSummary {
  readonly path: string;
  readonly number: number;
}

/** The summaries beside a log, whether or not their files are there. @throws what readdir throws */
export function storedSummaries(log: string): StoredSummary[] {
  return fs.readdirSync(dirname(log)).flatMap((entry) => {
    const [, name, number = ''] = NAME.exec(entry) ?? [];
    return name === basename(log) ? [{ path: join(dirname(log), entry), number: Number(number) }] : [];
  });
}

export function summaryPath(rotated: string): string {
  return join(dirname(rotated), `.${basename(rotated)}.summary.json`);
}

/** @returns undefined where there is none that this version can read */
export function readSummary(path: string): FileSummary | undefined {
  try {
    const value = JSON.parse(fs.readFileSync(path, 'utf8')) as Partial<FileSummary> | null;
    return value?.version === VERSION ? (value as FileSummary) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts it beside its file, for those who may read the log. Where nothing can be written, it is made again next time. */
export function writeSummary(rotated: string, content: SummaryContent): void {
  const path = summaryPath(rotated);
  const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const mode = fs.statSync(rotated).mode & 0o640;
    fs.writeFileSync(beside, JSON.stringify({ version: VERSION, ...content }), { mode, flag: 'wx' });
    fs.renameSync(beside, path);
  } catch {
    fs.rmSync(beside, { force: true });
  }
}

/** Tells the bytes of a file from others, without reading all of them. */
export function hashOf(fd: number, size: number): string {
  const hash = createHash('sha256');
  const edge = Buffer.alloc(EDGE);
  for (const from of size > EDGE ? [0, Math.max(EDGE, size - EDGE)] : [0]) {
    const length = fs.readSync(fd, edge, 0, Math.min(EDGE, size - from), from);
    hash.update(edge.subarray(0, length));
  }
  return hash.digest('hex');
}

export function hashOfIds(ids: Iterable<string>): string {
  return createHash('sha256')
    .update([...ids].sort().join('\n'))
    .digest('hex');
}
