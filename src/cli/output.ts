/** How commands speak: data on stdout, everything else on stderr, errors of the catalogue with their exit status. */
import process from 'node:process';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';

/** Writes one line of data. */
export function print(line: string): void {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', leaveQuietly);
  process.stdout.write(`${line}\n`);
}

/** Whoever read our data has had enough of it: `| head` is no failure. */
function leaveQuietly({ code }: NodeJS.ErrnoException): never {
  process.exit(code === 'EPIPE' ? 0 : 1);
}

/** Writes a value as indented JSON: what every `--json` prints. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Writes one line for the person in front of it. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** True where colours may be used on this stream (https://no-color.org). */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Says what went wrong and sets the exit status; 70 (EX_SOFTWARE) for what is not in the catalogue. */
export function fail(error: unknown): void {
  if (error instanceof GatewayError) {
    say(`agent-mcp-gateway: ${error.message}`);
    process.exitCode = CATALOGUE[error.code].exit;
    return;
  }
  say(`agent-mcp-gateway: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 70;
}
