/** Reading a log back: which lines are whole, which were changed, and where some are missing. */
import { closeSync, realpathSync, statSync } from 'node:fs';
import { openToRead } from '../shared/open-to-read.ts';
import { nodeFs, rotatedFiles, rotatedName } from './file-system.ts';
import { type Beginning, ChainFollower, type Findings } from './follow-chains.ts';
import { HeadChecker, type HeadProblem } from './heads/check-heads.ts';
import type { HeadStatement } from './heads/signed-head.ts';
import { readHead } from './log-bytes.ts';
import { parseLine } from './parse-line.ts';
import { readLines } from './read-lines.ts';

export interface VerifyReport extends Findings {
  /** Contradictions between the log and heads that were kept elsewhere; undefined where there are none to compare it with. */
  readonly heads?: readonly HeadProblem[];
  /** True where nothing is wrong. */
  readonly ok: boolean;
  /** False where another program took records out of the log, or no head confirms that the gateway did. */
  readonly complete: boolean;
  /** The files that were read, oldest first. */
  readonly files: readonly string[];
}

/**
 * Checks every chain in a log and its rotated files, in one pass and in memory that does not grow with them. The log may be
 * in use. Blocks until it is through: for commands.
 * @param path the log; or one of its rotated files, to read only that one.
 * @param moved files that another program made of the log: they are read with its rotated files, in the order of the first records
 * @param heads that were kept elsewhere, read before the log
 * @throws what opening or reading a file throws, e.g. ENOENT.
 */
export function verifyLog(path: string, moved: readonly string[] = [], heads?: readonly HeadStatement[]): VerifyReport {
  for (let attempt = 1; ; attempt++) {
    const before = sizeOf(path);
    const report = readAll(path, moved, heads);
    // While a log is rotated, a slow writer's line can arrive in a file that was read already. What is really wrong with it
    // is wrong the next time too.
    if (report.ok || attempt === RECHECKS || sizeOf(path) === before) return report;
  }
}

const RECHECKS = 3;

function readAll(path: string, moved: readonly string[], heads: readonly HeadStatement[] | undefined): VerifyReport {
  const { files, beginning } = openAll(path, moved);
  try {
    const follower = new ChainFollower(beginning);
    const checker = heads && new HeadChecker(heads);
    for (const { path: file, fd } of files) {
      let number = 0;
      for (const { bytes, ended } of readLines(fd)) {
        number++;
        if (bytes?.length === 0) continue;
        const line = parseLine(bytes);
        follower.add(line, file, number, ended);
        checker?.add(line);
      }
    }
    const findings = follower.findings();
    const missing = checker?.problems(findings.elsewhere, beginning === 'in the middle');
    const ok = findings.problems.length === 0 && (missing ?? []).every(({ kind }) => kind === 'unproven');
    const report = {
      ok,
      complete: findings.elsewhere.length === 0 && (missing === undefined || missing.length === 0),
      files: files.map((file) => file.path),
      ...findings,
    };
    return missing === undefined ? report : { ...report, heads: missing };
  } finally {
    closeAll(files);
  }
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

interface OpenLog {
  readonly files: readonly OpenFile[];
  readonly beginning: Beginning;
}

const ATTEMPTS = 20;

/** Opens all files before any is read, and once more if the log was rotated in the meantime. `closeAll` ends that. */
export function openAll(path: string, moved: readonly string[] = []): OpenLog {
  if (rotatedName(path) !== undefined) return { files: [{ path, fd: openToRead(path) }], beginning: 'in the middle' };
  for (let attempt = 1; ; attempt++) {
    const files: OpenFile[] = [];
    try {
      const log = sizeOf(path) === undefined ? path : realpathSync(path);
      const rotated = rotatedFiles(nodeFs, log);
      const older = rotated.map((one) => one.path);
      const parts = moved.length === 0 ? older : inOrder([...older, ...moved]);
      for (const one of parts) files.push({ path: one, fd: openToRead(one) });
      // A process that was killed while it rotated the log leaves none: the next record makes it.
      if (rotated.length === 0 || sizeOf(log) !== undefined) files.push({ path: log, fd: openToRead(log) });
      const settled = rotatedFiles(nodeFs, log).at(-1)?.number === rotated.at(-1)?.number;
      if (settled || attempt === ATTEMPTS)
        return { files, beginning: { rotated: rotated.map(({ number }) => number) } };
    } catch (error) {
      // The log was rotated a moment ago, or the oldest file has just gone.
      if (attempt === ATTEMPTS) {
        closeAll(files);
        throw error;
      }
    }
    closeAll(files);
  }
}

function inOrder(paths: readonly string[]): string[] {
  const dated = paths.map((path) => ({ path, first: firstTimeOf(path) }));
  // Stable: those of one millisecond stay as they are.
  return dated
    .sort((one, other) => Number(one.first > other.first) - Number(one.first < other.first))
    .map(({ path }) => path);
}

/** The time at which the first record of a file was written, ISO 8601. */
function firstTimeOf(path: string): string {
  const fd = openToRead(path);
  try {
    return /^\{"timestamp":"([^"]+)"/.exec(readHead(nodeFs, fd).toString('latin1'))?.[1] ?? '';
  } finally {
    closeSync(fd);
  }
}

/** Undefined where there is no log, which may be only for the moment of a rotation. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

export function closeAll(files: readonly OpenFile[]): void {
  for (const { fd } of files) closeSync(fd);
}
