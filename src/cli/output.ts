/**
 * Output of commands: data on stdout, everything else on stderr, errors of the catalogue with their exit status. Half of what is
 * written comes from servers and files of others, so every way out of here escapes it.
 */
import process from 'node:process';
import { escapeJson, escapeLines, escapeText } from '../observe/escape-text.ts';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import { drained } from '../shared/flush-output.ts';

/** Text in a style of ECMA-48 (SGR), where the terminal has colours. */
interface Styled {
  readonly style: string;
  readonly text: string;
}

/** Writes one line of data. A line feed in it is shown and not obeyed. */
export function print(...parts: readonly (string | Styled)[]): void {
  write(`${parts.map(shown).join('')}\n`);
}

/** Writes one line of cells with a tab between them, for programs that cut lines into columns. */
export function printCells(cells: readonly string[]): void {
  write(`${cells.map(escapeText).join('\t')}\n`);
}

/** Writes text of others whose lines and tabs are meant, e.g. the result of a tool. Nothing else in it moves a cursor. */
export function printText(text: string): void {
  write(escapeLines(text));
}

/** Writes a value as indented JSON: what every `--json` prints. */
export function printJson(value: unknown): void {
  write(`${escapeJson(JSON.stringify(value, null, 2))}\n`);
}

/** Writes one line each for the person in front of it. */
export function say(...lines: readonly string[]): void {
  if (isQuiet) return;
  process.stderr.write(lines.map((line) => `${escapeText(line)}\n`).join(''));
}

let asJson = false;

/** From now on a failure is printed as JSON too: `--json` was asked for. */
export function failAsJson(): void {
  asJson = true;
}

/** Says what went wrong and sets the exit status; 70 (EX_SOFTWARE) for what is not in the catalogue. */
export function fail(error: unknown): void {
  printFailure(error);
  if (error instanceof GatewayError) {
    sayAll(error.message);
    process.exitCode = CATALOGUE[error.code].exit;
    return;
  }
  sayAll(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 70;
}

/** With `--json`, a failure is data as well: `{"error": {"code", "message"}}`. */
export function printFailure(error: unknown): void {
  if (!asJson) return;
  const code = error instanceof GatewayError ? error.code : 'INTERNAL';
  printJson({ error: { code, message: error instanceof Error ? error.message : String(error) } });
}

/** Errors of a configuration have a line each. They are indented, so that none passes for a message of its own. */
function sayAll(message: string): void {
  const [first = '', ...rest] = message.split('\n');
  say(`agent-mcp-gateway: ${first}`, ...rest.map((line) => `  ${line}`));
}

function shown(part: string | Styled): string {
  if (typeof part === 'string') return escapeText(part);
  const text = escapeText(part.text);
  return hasColours(process.stdout) ? `\u001b[${part.style}m${text}\u001b[0m` : text;
}

/** A screen that is drawn again and again, without flicker. */
interface Screen {
  draw(lines: readonly { readonly text: string; readonly style?: string }[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** Takes the terminal over; `close` gives it back. */
export function screen(): Screen {
  const { stdout } = process;
  let isOpen = true;
  // The other screen, and no cursor.
  stdout.write('\u001b[?1049h\u001b[?25l');
  return {
    draw(lines) {
      const rows = lines.map(
        (line) =>
          `${line.style === undefined ? shown(line.text) : shown({ style: line.style, text: line.text })}\u001b[K`,
      );
      // Shown at once where the terminal knows how (synchronized output), and each line over the one before.
      stdout.write(`\u001b[?2026h\u001b[H${rows.join('\r\n')}\u001b[J\u001b[?2026l`);
    },
    close() {
      if (isOpen) stdout.write('\u001b[?25h\u001b[?1049l');
      isOpen = false;
    },
  };
}

/** True if colours may be used on this stream (https://no-color.org). */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Says nothing more: what is told of work that is given up would mislead. */
export function fallSilent(): void {
  isQuiet = true;
}

let isQuiet = false;

function write(text: string): void {
  if (isQuiet) return;
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', leave);
  process.stdout.write(text);
}

/** Does this before the process ends because nobody reads its output. @returns takes it back */
export function beforeLeaving(work: () => Promise<unknown>): () => void {
  lastWork = work;
  return () => {
    lastWork = undefined;
  };
}

let lastWork: (() => Promise<unknown>) | undefined;

/** Things that a reader of our data may do without a failure of ours: `| head` has had enough of it, and a terminal may be closed. */
const GONE: ReadonlyMap<string | undefined, number> = new Map([
  ['EPIPE', 0],
  ['EIO', 129],
]);

function leave({ code }: NodeJS.ErrnoException): void {
  const status = GONE.get(code);
  if (status === undefined) sayAll(`Cannot write to standard output (${code ?? 'unknown error'}).`);
  fallSilent();
  const end = (): never => process.exit(status ?? CATALOGUE.CANNOT_WRITE.exit);
  if (lastWork === undefined) end();
  else void lastWork().finally(end);
}

/** Milliseconds that a reader of data may take; `less` waits for a person. */
const READER_MS = 3_600_000;

/** Ends the process once its data are read, whatever else is still open. */
export async function exitWhenRead(): Promise<never> {
  await drained(process.stdout, READER_MS);
  process.exit();
}
