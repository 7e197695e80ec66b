/** The gateway's own log, on stderr: stdout belongs to the protocol. */
import process from 'node:process';
import { pino } from 'pino';
import { boundedLine } from './bounded-line.ts';
import { escapeJson } from './escape-text.ts';
import { prettyLine } from './pretty-log.ts';
import { redactJson } from './redact.ts';
import { writeLine } from './stderr-writer.ts';

/** Facts next to a message, e.g. `{ server: 'github', err: error }`. An error belongs under `err`. */
type LogFields = Readonly<Record<string, unknown>>;

interface Log {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** All that other layers know of logging. Safe to pass its functions around. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  /** A logger whose lines all carry these fields. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Also what only helps to find a fault; stack traces included. */
  readonly debug: boolean;
  /** Nothing at all unless `debug`, or no news: for commands that tell by themselves what happened. */
  readonly quiet?: boolean | 'news';
  /** Applied to every line before it is written (see `Redactor`). */
  readonly redact: (text: string) => string;
  /** One line per record for people instead of JSON; default: where stderr is a terminal. */
  readonly pretty?: boolean;
  /** Colours in pretty lines; default: unless NO_COLOR is set (https://no-color.org). */
  readonly colours?: boolean;
  /** Takes lines, each with its line feed; default: file descriptor 2, before the call returns. */
  readonly write?: (line: string) => void;
}

const LEVELS: ReadonlyMap<boolean | 'news', string> = new Map<boolean | 'news', string>([
  [false, 'info'],
  ['news', 'warn'],
  [true, 'silent'],
]);

/**
 * The logger of a process. Lines are written before the call returns, unless whoever reads them is too slow; they have 16 KiB at most,
 * after escaping. Never throws.
 */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? writeLine;
  const pretty = options.pretty ?? process.stderr.isTTY === true;
  const colours = options.colours ?? (!process.env.NO_COLOR && process.env.TERM !== 'dumb');
  const root = pino(
    {
      level: options.debug ? 'debug' : (LEVELS.get(options.quiet ?? false) ?? 'info'),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (error: unknown) => errorFields(error, options.debug) },
    },
    {
      write(line: string): void {
        const json = boundedLine(escapeJson(redactJson(line.trimEnd(), options.redact)));
        write(pretty ? prettyLine(json, colours) : `${json}\n`);
      },
    },
  );
  return wrap(root);
}

type Backend = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

function wrap(backend: Backend): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Log =>
    (first: string | LogFields, message?: string): void => {
      // One argument to pino: a `%` in a message by others must not be a format.
      if (typeof first === 'string') backend[level]({ msg: first });
      else backend[level]({ ...first, msg: message });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(backend.child(fields)),
  };
}

/** An error as a line of the log says it, its causes included. */
function errorFields(error: unknown, debug: boolean, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(debug ? { stack: error.stack } : {}),
    ...(error.cause === undefined || depth > 3 ? {} : { cause: errorFields(error.cause, debug, depth + 1) }),
  };
}
