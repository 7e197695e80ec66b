import { resolve } from 'node:path';
import process from 'node:process';
import { rotatedName } from '../audit/file-system.ts';
import { describeHeadProblem } from '../audit/heads/check-heads.ts';
import type { HeadStatement } from '../audit/heads/signed-head.ts';
import { describeProblem } from '../audit/log-problems.ts';
import { type VerifyReport, verifyLog } from '../audit/verify-log.ts';
import { GatewayError } from '../shared/errors.ts';
import { whyNotRead } from '../shared/open-to-read.ts';
import { systemCode } from '../shared/system-code.ts';
import { count } from './count.ts';
import { settingsFrom } from './flags.ts';
import { print, printJson, say } from './output.ts';

/** More than this many findings of a kind say nothing new to a person. */
const SHOWN = 50;

/** Exit status where nothing was changed, but another program took records out of the log. */
const NOT_COMPLETE = 3;

interface VerifyOptions {
  readonly json: boolean;
  /** Heads of one log, kept elsewhere. */
  readonly heads?: readonly HeadStatement[] | undefined;
}

/**
 * Verifies logs and sets the exit status 1 where one is not intact, 3 where one is intact and not complete.
 * @throws GatewayError USAGE where a log cannot be read.
 */
export function verifyCommand(files: readonly string[], options: VerifyOptions): void {
  const given = files.map((file) => resolve(file));
  const logs = files.length === 0 ? [settingsFrom({}).auditLog] : withoutParts(given);
  if (options.heads !== undefined && logs.length > 1) {
    throw new GatewayError('USAGE', '--against is about one log: name that one.');
  }
  const reports = logs.map((log) =>
    read(
      log,
      given.filter((path) => isMoved(path, log)),
      options.heads,
    ),
  );
  if (options.json) printJson(reports.length === 1 ? reports[0] : reports);
  else for (const report of reports) show(report);
  if (reports.some((report) => !report.ok)) process.exitCode = 1;
  else if (reports.some((report) => !report.complete)) process.exitCode = NOT_COMPLETE;
}

/** A shell's `audit.jsonl*` names the log and its rotated files, which are read with it. */
function withoutParts(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const log = rotatedName(path)?.log;
    return (log === undefined || !paths.includes(log)) && !paths.some((other) => isMoved(path, other));
  });
}

/** True if a file is called like one that another program (logrotate, say) made of a log: `audit.jsonl.1`, `audit.jsonl-20260101`. */
function isMoved(path: string, log: string): boolean {
  return /^[.-]./.test(path.slice(log.length)) && path.startsWith(log) && rotatedName(path)?.log !== log;
}

function read(path: string, moved: readonly string[], heads: readonly HeadStatement[] | undefined): VerifyReport {
  for (const file of [path, ...moved]) {
    if (/\.(?:gz|bz2|xz|zst)$/.test(file)) {
      throw new GatewayError('USAGE', `${file} is compressed: unpack it, and name the unpacked file.`);
    }
  }
  try {
    return verifyLog(path, moved, heads);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new GatewayError('USAGE', `${whyNotRead(code)} audit log ${path}. Name the file: audit verify FILE.`);
  }
}

function show({ ok, complete, files, records, writers, problems, notes, elsewhere, heads }: VerifyReport): void {
  for (const problem of problems.slice(0, SHOWN)) {
    print(`${problem.file}:${problem.line}: ${describeProblem(problem)}`);
  }
  if (problems.length > SHOWN) print(`... and ${problems.length - SHOWN} more (--json shows all)`);
  for (const problem of heads?.slice(0, SHOWN) ?? []) print(describeHeadProblem(problem));
  for (const { writer, from, to, reason, at } of elsewhere.slice(0, SHOWN)) {
    const what = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
    print(`another program ${reason} the log before ${at}: ${what} not here (writer ${writer})`);
  }
  for (const note of notes.slice(0, SHOWN)) say(`note: ${note}`);
  for (const { writer, first_seq, last_seq } of writers.slice(-SHOWN)) {
    say(`writer ${writer}: records ${first_seq} to ${last_seq}`);
  }
  const whole = complete ? 'intact' : 'intact, but not complete';
  const verdict = ok ? whole : `NOT intact: ${count(problems.length + (heads?.length ?? 0), 'problem')}`;
  print(`${count(records, 'record')} in ${count(files.length, 'file')}: ${verdict}`);
}
