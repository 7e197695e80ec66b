/** Why a program failed, in the words of its own text: the line and the column where its agent wrote it. */

/** The name of a program in its stacks, and what stands before its first line. */
export const FILE = 'program.js';
export const PREFIX = '(async () => {"use strict";';

/** As the sandbox tells it: nothing in it can be relied on. */
export interface RawFailure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
}

export interface Failure {
  readonly name: string;
  readonly message: string;
  /** Of the error of a tool. */
  readonly code?: string | undefined;
  /** From 1, in the text of the agent; the column is undefined where types were removed from the line. */
  readonly line?: number;
  readonly column?: number | undefined;
  /** The text of the line. */
  readonly text?: string;
}

const MAX_TEXT = 2_000;
/** Characters of a line that is shown. */
const MAX_LINE = 160;

/** @param source what the agent wrote. @param code what ran */
export function readFailure(raw: RawFailure, source: string, code: string): Failure {
  const failure = {
    name: textOf(raw.name, 100),
    message: textOf(raw.message, MAX_TEXT),
    ...(typeof raw.code === 'string' ? { code: raw.code.slice(0, 100) } : {}),
  };
  const place = new RegExp(`${FILE.replace('.', '\\.')}:(\\d+):(\\d+)`).exec(textOf(raw.stack, 10_000));
  if (place === null) return failure;
  const line = Number(place[1]);
  const column = Number(place[2]) - (line === 1 ? PREFIX.length : 0);
  const written = source.split('\n')[line - 1];
  // After the last line stands what is not its own.
  if (written === undefined) return failure;
  const isSame = written === code.split('\n')[line - 1] && column >= 1;
  return { ...failure, line, column: isSame ? column : undefined, text: written.trim().slice(0, MAX_LINE) };
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** What is not there in a sandbox, and what is there in its place. */
const ABSENT: ReadonlyMap<string, string> = new Map([
  ['fetch', 'There is no network: call a tool with tools.call(server, tool, args).'],
  ['require', 'There are no modules: what there is are tools, servers, console and sleep.'],
  ['process', 'There is no process: what there is are tools, servers, console and sleep.'],
  ['setTimeout', 'Use await sleep(ms).'],
  ['setInterval', 'Use await sleep(ms) in a loop.'],
]);

/** What QuickJS says of a program that took more than it may. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ['interrupted', 'The program computed longer than it may, and was ended'],
  ['out of memory', 'The program used more memory than it may, and was ended'],
  ['stack overflow', 'The program called itself too deeply, and was ended'],
]);

/** A failure as a sentence or two. */
export function failureText({ name, message, code, line, column, text }: Failure): string {
  const where =
    line === undefined ? '' : ` at line ${line}${column === undefined ? '' : `, column ${column}`} (${text ?? ''})`;
  const taken = name === 'InternalError' ? TAKEN.get(message) : undefined;
  if (taken !== undefined) return `${taken}${where}`;
  const what = code === undefined ? `${name === '' ? 'Error' : name}: ${message}` : `${code}: ${message}`;
  const absent = ABSENT.get(/^'?(\w+)'? is not defined/.exec(message)?.[1] ?? '');
  return `${what}${where}${absent === undefined ? '' : `. ${absent}`}`;
}
