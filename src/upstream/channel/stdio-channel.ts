/** The stdio channel: one process per connection, one message per line. */
import type { Buffer } from 'node:buffer';
import type { StdioDefinition } from '../../config/snapshot.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { Log } from '../contract.ts';
import { LAST_OUTPUT, notSent, unavailable, WITHOUT_EFFECT } from '../failures.ts';
import { describeExit, type Launch, type ServerProcess, startProcess } from '../process/server-process.ts';
import { whyNotStarted } from '../process/start-failure.ts';
import type { StderrTail } from '../process/stderr-tail.ts';
import { StdoutReader } from '../process/stdout-reader.ts';
import type { Warn } from '../warning-limiter.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from './channel.ts';
import { createReadBrake } from './read-brake.ts';
import { StderrLog } from './stderr-log.ts';
import { StdinWriter } from './stdin-writer.ts';

/** Bytes of stderr that are read at once, and milliseconds in which as many are read again. */
const STDERR_BYTES = 1024 * 1024;
const STDERR_MS = 500;
/** Milliseconds in which stdout may still be read after the process ended. */
const DRAIN_MS = 200;

interface StdioOptions {
  readonly server: string;
  readonly definition: StdioDefinition;
  readonly launch: Launch;
  /** Value of the environment marker of this process. */
  readonly marker: string;
  readonly log: Log;
  readonly warn: Warn;
  readonly redact: (text: string) => string;
  /** Takes every process, for a way out without waiting. */
  readonly started: (child: ServerProcess) => void;
  /** Keeps what it writes, for the error that follows. */
  readonly tail: StderrTail;
  /** Takes everything on stderr. */
  readonly output: (chunk: Buffer) => void;
  readonly maxMessageBytes: number;
  /** Milliseconds between the steps of a stop; default 2000. */
  readonly stopStepMs?: number | undefined;
}

export function stdioChannel(options: StdioOptions): OpenChannel {
  return (handlers) => new StdioChannel(options, handlers);
}

class StdioChannel implements Channel {
  readonly #server: string;
  readonly #definition: StdioDefinition;
  readonly #tail: StderrTail;
  readonly #handlers: ChannelHandlers;
  readonly #process: ServerProcess;
  readonly #stdin: StdinWriter;
  readonly #stdout: StdoutReader;
  #isClosed = false;

  constructor(options: StdioOptions, handlers: ChannelHandlers) {
    const { server, definition, log, warn, redact, tail, maxMessageBytes } = options;
    this.#server = server;
    this.#definition = definition;
    this.#tail = tail;
    this.#handlers = handlers;
    this.#process = startProcess(options.launch, options.marker, options.stopStepMs);
    options.started(this.#process);
    this.#stdin = new StdinWriter(this.#process.stdin);
    this.#stdout = new StdoutReader(this.#process.stdout, handlers, {
      server,
      maxMessageBytes,
      tail,
      warn,
      redact,
      endless: () => this.#finish(unavailable(server, 'wrote a line that is too long to stdout; it was stopped.')),
      failed: (error) => log.warn({ server, err: error }, 'a message of a server could not be read'),
    });
    this.#readStderr(options);
    this.#watchEnd();
  }

  send({ id, text }: Outgoing): void {
    if (this.#isClosed) return;
    if (this.#stdin.isClosed) {
      if (id !== undefined) this.#handlers.failed(id, notSent(unavailable(this.#server, 'closed its input.')));
    } else if (this.#stdin.isFull) {
      const what = 'does not read its input; the call was not sent. Try again later.';
      if (id !== undefined) this.#handlers.failed(id, unavailable(this.#server, what, { data: WITHOUT_EFFECT }));
    } else {
      if (id !== undefined) this.#stdout.asked();
      this.#stdin.write(text);
    }
  }

  cancel(_id: number, { text }: Outgoing): void {
    if (!this.#isClosed && !this.#process.stdin.writableEnded) this.#stdin.write(text);
  }

  listen(): void {
    // The server can speak as it is.
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stdout.stop();
    await this.#process.stop();
  }

  kill(): void {
    this.#process.kill();
  }

  #readStderr(options: StdioOptions): void {
    const { stderr } = this.#process;
    const { tail, output } = options;
    const stderrLog = new StderrLog(options);
    const slow = createReadBrake(stderr, STDERR_BYTES, STDERR_MS);
    stderr.on('data', (chunk: Buffer) => {
      slow(chunk.length);
      tail.push(chunk);
      output(chunk);
      stderrLog.push(chunk);
    });
  }

  /** Closes the channel when its process ends, or when nothing can be read from it or written to it any more. */
  #watchEnd(): void {
    const { stdin, stdout, exited } = this.#process;
    // Closing its output is how a server ends the connection (2026-07-28, transports/stdio, Shutdown).
    stdout.once('end', () => this.#finishSoon('closed its output.'));
    stdin.once('close', () => this.#finishSoon('closed its input.'));
    void exited.then((exit) => {
      if (exit.error !== undefined) return this.#finish(startFailure(this.#server, exit.error, this.#definition));
      const finish = (): void => {
        // The large message that is being read may be the answer.
        if (this.#stdout.isBusy) setTimeout(finish, DRAIN_MS);
        else this.#finish(this.#ended(describeExit(exit)));
      };
      if (stdout.readableEnded) return finish();
      stdout.once('end', finish);
      // A child of the server may hold the pipe open.
      setTimeout(finish, DRAIN_MS);
    });
  }

  /** Closes the channel unless the end of its process says more about it in a moment. */
  #finishSoon(what: string): void {
    setTimeout(() => this.#finish(this.#ended(what)), DRAIN_MS).unref();
  }

  #finish(error: GatewayError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stdout.stop();
    this.#handlers.closed(error);
    void this.#process.stop();
  }

  /** The failure of a process that did start, with its last output. @param what goes on from the name of the server */
  #ended(what: string): GatewayError {
    return unavailable(this.#server, what, { data: { exited: true, [LAST_OUTPUT]: this.#tail.sentence() } });
  }
}

function startFailure(server: string, cause: Error, definition: StdioDefinition): GatewayError {
  const { reason, isConfig } = whyNotStarted(cause, definition);
  return unavailable(server, `cannot be started: ${reason}`, { cause, data: { config: isConfig } });
}
