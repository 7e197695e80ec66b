/** The stdio channel: one process per connection, one message per line. */
import type { Buffer } from 'node:buffer';
import process from 'node:process';
import type { StdioDefinition } from '../../config/snapshot.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { isLarge, writable } from '../../shared/large-text.ts';
import type { Log } from '../contract.ts';
import { LAST_OUTPUT, notSent, unavailable, WITHOUT_EFFECT } from '../failures.ts';
import { createWholeLines } from '../process/line-assembler.ts';
import { describeExit, type ServerProcess, startProcess } from '../process/server-process.ts';
import { whyNotStarted } from '../process/start-failure.ts';
import { type StderrTail, visible } from '../process/stderr-tail.ts';
import { readOutput } from '../process/stdout-reader.ts';
import type { Warn } from '../warning-limiter.ts';
import type { Channel, ChannelHandlers, OpenChannel } from './channel.ts';
import { createReadBrake } from './read-brake.ts';

/** Bytes that may wait for a server that does not read its input. */
const UNREAD_BYTES = 64 * 1024 * 1024;
/** Bytes of stderr that are read at once, and milliseconds in which as many are read again. */
const STDERR_BYTES = 1024 * 1024;
const STDERR_MS = 500;
/** Milliseconds between two lines of the log about stderr. */
const LOG_EVERY_MS = 50;
/** Characters of one of them. */
const LOGGED = 2000;
/** Milliseconds in which stdout may still be read after the process ended. */
const DRAIN_MS = 200;

/** Tells the end of a process that did start from other failures. */
const EXITED = { exited: true };

function notStarted(server: string, cause: Error, definition: StdioDefinition): GatewayError {
  const { reason, isConfig } = whyNotStarted(cause, definition);
  return unavailable(server, `cannot be started: ${reason}`, { cause, data: { config: isConfig } });
}

export interface StdioOptions {
  readonly server: string;
  readonly definition: StdioDefinition;
  /** Value of the environment marker of this process. */
  readonly marker: string;
  readonly log: Log;
  readonly warn: Warn;
  readonly redact: (text: string) => string;
  /** Told of every process, for a way out without waiting. */
  readonly started: (child: ServerProcess) => void;
  /** Takes what it writes, for the error that follows. */
  readonly tail: StderrTail;
  /** Told of everything on stderr. */
  readonly output: (chunk: Buffer) => void;
  readonly maxMessageBytes: number;
  /** Milliseconds between the steps of a stop; default 2000. */
  readonly stopStepMs?: number | undefined;
}

export function stdioChannel(options: StdioOptions): OpenChannel {
  return (handlers) => openStdio(options, handlers);
}

function openStdio(options: StdioOptions, handlers: ChannelHandlers): Channel {
  const { server, definition, log, warn, redact, tail } = options;
  const child = startProcess(definition, options.marker, options.stopStepMs);
  options.started(child);
  const withOutput = (data: object): { data: Record<string, unknown> } => ({
    data: { ...data, [LAST_OUTPUT]: tail.sentence() },
  });
  let over = false;
  let unsent = '';
  let loggedAt = Number.NEGATIVE_INFINITY;
  const wholeLines = createWholeLines();
  const slowStderr = createReadBrake(child.stderr, STDERR_BYTES, STDERR_MS);

  const finish = (error: GatewayError): void => {
    if (over) return;
    over = true;
    reading.stop();
    handlers.closed(error);
    void child.stop();
  };

  const { maxMessageBytes } = options;
  const endless = (): void => finish(unavailable(server, 'wrote a line that is too long to stdout; it was stopped.'));
  const failed = (error: unknown): void => log.warn({ server, err: error }, 'a message of a server could not be read');
  const reading = readOutput(child.stdout, handlers, { server, maxMessageBytes, tail, warn, redact, endless, failed });
  child.stderr.on('data', (chunk: Buffer) => {
    slowStderr(chunk.length);
    tail.push(chunk);
    options.output(chunk);
    const lines = wholeLines(chunk);
    const now = performance.now();
    // What floods the log is kept in the ring alone.
    if (lines === '' || now - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now;
    log.debug(
      {
        server,
        stderr: redact(visible(redact(lines)))
          .slice(0, LOGGED)
          .trimEnd(),
      },
      'stderr of a server',
    );
  });
  child.stdout.once('end', () => {
    // Closing its output is how a server ends the connection (2026-07-28, transports/stdio, Shutdown).
    setTimeout(() => finish(unavailable(server, 'closed its output.', withOutput(EXITED))), DRAIN_MS).unref();
  });
  // It lives, and nothing reaches it any more.
  child.stdin.once('close', () => {
    setTimeout(() => finish(unavailable(server, 'closed its input.', withOutput(EXITED))), DRAIN_MS).unref();
  });
  void child.exited.then((exit) => {
    if (exit.error !== undefined) return finish(notStarted(server, exit.error, definition));
    const tell = (): void => {
      // It may be the answer.
      if (reading.isBusy) setTimeout(tell, DRAIN_MS);
      else finish(unavailable(server, describeExit(exit), withOutput(EXITED)));
    };
    if (child.stdout.readableEnded) return tell();
    child.stdout.once('end', tell);
    // A child of the server may hold the pipe open.
    setTimeout(tell, DRAIN_MS);
  });

  /** Everything that one turn of the event loop has to say is one write. */
  const write = (text: string): void => {
    if (unsent === '') process.nextTick(flush);
    unsent += `${text}\n`;
    if (isLarge(unsent.length)) flush();
  };
  const flush = (): void => {
    const text = unsent;
    unsent = '';
    if (text !== '' && !child.stdin.destroyed && !child.stdin.writableEnded) child.stdin.write(writable(text));
  };

  return {
    send: (message) => {
      if (over) return;
      if (child.stdin.destroyed || child.stdin.writableEnded) {
        if (message.id !== undefined) handlers.failed(message.id, notSent(unavailable(server, 'closed its input.')));
        return;
      }
      if (child.stdin.writableLength + unsent.length > UNREAD_BYTES) {
        const what = 'does not read its input; the call was not sent. Try again later.';
        if (message.id !== undefined) handlers.failed(message.id, unavailable(server, what, { data: WITHOUT_EFFECT }));
        return;
      }
      if (message.id !== undefined) reading.asked();
      write(message.text);
    },
    cancel: (_id, notification) => {
      if (!over && !child.stdin.writableEnded) write(notification.text);
    },
    listen: () => undefined,
    close: async () => {
      over = true;
      reading.stop();
      await child.stop();
    },
    kill: () => child.kill(),
  };
}
