/** The stdio channel: one process per connection, one message per line. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import type { StdioDefinition } from '../config/types.ts';
import { createLineReader } from '../protocol/lines.ts';
import type { GatewayError } from '../shared/errors.ts';
import { createBrake } from './brake.ts';
import type { Channel, ChannelHandlers, OpenChannel } from './channel.ts';
import { notSent, unavailable, WITHOUT_EFFECT } from './failures.ts';
import { describeExit, type ServerProcess, startProcess } from './process.ts';
import { createTail, visible } from './stderr.ts';
import type { Log } from './types.ts';
import type { Warn } from './warnings.ts';

/** Lines or bytes of stdout without a message between them, after which the server is given up. */
const NOISE_LINES = 100;
const NOISE_BYTES = 1024 * 1024;
/** Bytes that may wait for a server that does not read its input. */
const UNREAD_BYTES = 64 * 1024 * 1024;
/** Bytes of stderr that are read at once, and milliseconds in which as many are read again. */
const STDERR_BYTES = 1024 * 1024;
const STDERR_MS = 500;
/** The same for messages that answer no request of ours. */
const UNASKED = 10_000;
const UNASKED_MS = 2000;
/** Messages between two looks at the clock. */
const UNASKED_STEP = 100;
/** Milliseconds between two lines of the log about stderr. */
const LOG_EVERY_MS = 50;
/** Milliseconds in which stdout may still be read after the process ended. */
const DRAIN_MS = 200;

/** Tells the end of a process that did start from other failures. */
const EXITED = { data: { exited: true } };

/** True where starting again will not help: what the entry names is not there, or cannot be run. */
function isConfigFault({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR';
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
  const { server, definition, log, warn, redact } = options;
  const child = startProcess(definition, options.marker, options.stopStepMs);
  options.started(child);
  const tail = createTail(redact);
  let over = false;
  let active = false;
  let noiseLines = 0;
  let noiseBytes = 0;
  let unsent = '';
  let loggedAt = 0;
  let unasked = 0;
  const slowStderr = createBrake(child.stderr, STDERR_BYTES, STDERR_MS);
  const slowStdout = createBrake(child.stdout, UNASKED, UNASKED_MS);

  const finish = (error: GatewayError): void => {
    if (over) return;
    over = true;
    handlers.closed(error);
    void child.stop();
  };

  const noise = (text: string): void => {
    noiseLines++;
    noiseBytes += text.length;
    tail.push(Buffer.from(`${text.slice(0, 500)}\n`));
    warn('The server wrote a line to stdout that is no message; stdout belongs to the protocol.', {
      line: redact(visible(text.slice(0, 200))),
    });
    if (noiseLines > NOISE_LINES || noiseBytes > NOISE_BYTES) {
      finish(unavailable(server, `writes text that is no message to stdout; it was stopped.${tail.sentence()}`));
    }
  };

  const reader = createLineReader(
    {
      line: (text) => {
        if (over) return;
        const first = text.charCodeAt(0);
        const looksRight = first === 0x7b || first === 0x5b || first === 0x20 || first === 0x09;
        if (!looksRight || !handlers.message(text)) return noise(text);
        noiseLines = 0;
        noiseBytes = 0;
        if (++unasked < UNASKED_STEP) return;
        slowStdout(unasked);
        unasked = 0;
      },
      broken: (reason) => {
        finish(unavailable(server, `wrote a line that is ${reason} to stdout; it was stopped.`));
        return false;
      },
    },
    options.maxMessageBytes,
  );

  child.stdout.on('data', (chunk: Buffer) => {
    if (over) return;
    if (!active) {
      active = true;
      handlers.active();
    }
    reader.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    slowStderr(chunk.length);
    tail.push(chunk);
    options.output(chunk);
    const now = Date.now();
    // What floods the log is kept in the ring alone.
    if (now - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now;
    log.debug({ server, stderr: redact(visible(chunk.toString('utf8', 0, 2000)).trimEnd()) }, 'stderr of a server');
  });
  child.stdout.once('end', () => {
    // Closing its output is how a server ends the connection (2026-07-28, transports/stdio, Shutdown).
    setTimeout(() => finish(unavailable(server, `closed its output.${tail.sentence()}`, EXITED)), DRAIN_MS).unref();
  });
  // It lives, and nothing reaches it any more.
  child.stdin.once('close', () => {
    setTimeout(() => finish(unavailable(server, `closed its input.${tail.sentence()}`, EXITED)), DRAIN_MS).unref();
  });
  void child.exited.then((exit) => {
    const tell = (): void =>
      finish(
        unavailable(
          server,
          `${describeExit(exit, definition.command)}${tail.sentence()}`,
          exit.error === undefined ? EXITED : { cause: exit.error, data: { config: isConfigFault(exit.error) } },
        ),
      );
    if (exit.error !== undefined || child.stdout.readableEnded) return tell();
    child.stdout.once('end', tell);
    // A child of the server may hold the pipe open.
    setTimeout(tell, DRAIN_MS);
  });

  /** Everything that one turn of the event loop has to say is one write. */
  const write = (text: string): void => {
    if (unsent === '') process.nextTick(flush);
    unsent += `${text}\n`;
  };
  const flush = (): void => {
    const text = unsent;
    unsent = '';
    if (!child.stdin.destroyed && !child.stdin.writableEnded) child.stdin.write(text);
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
      if (message.id !== undefined) unasked--;
      write(message.text);
    },
    cancel: (_id, notification) => {
      if (!over && !child.stdin.writableEnded) write(notification.text);
    },
    listen: () => undefined,
    close: async () => {
      over = true;
      await child.stop();
    },
    kill: () => child.kill(),
  };
}
