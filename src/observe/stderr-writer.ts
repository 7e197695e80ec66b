/** Standard error, written to without ever waiting for whoever reads it. */
import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { systemCode } from '../shared/system-code.ts';

const STDERR = 2;
/** Bytes that wait for a reader; further lines are lost, and counted. */
const MAX_BACKLOG = 256 * 1024;
/** Milliseconds between two tries, and at the end of the process for what is left. */
const RETRY_MS = 20;
const LAST_MS = 200;

/** Lines for one descriptor, in order. */
export class LineWriter {
  readonly #writeTo: (bytes: Buffer) => number;
  #backlog: Buffer[] = [];
  /** Bytes of the backlog. */
  #size = 0;
  /** Lines that had no room. */
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param writeTo writes bytes and says how many; throws EAGAIN where none is taken */
  constructor(writeTo: (bytes: Buffer) => number) {
    this.#writeTo = writeTo;
  }

  /** Writes at once what is taken at once; the rest follows. A descriptor that is closed is no reason to fail. */
  write(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    if (this.#size > 0 && this.#size + bytes.length > MAX_BACKLOG) {
      this.#lost++;
      return;
    }
    this.#add(bytes);
    if (this.#timer === undefined) this.#retry();
  }

  /** Waits for a reader, within limits: for the end of the process. */
  finish(): void {
    const deadline = performance.now() + LAST_MS;
    for (this.#push(); this.#size > 0 && performance.now() < deadline; this.#push()) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }

  #add(bytes: Buffer): void {
    this.#backlog.push(bytes);
    this.#size += bytes.length;
  }

  readonly #retry = (): void => {
    this.#push();
    this.#timer = this.#size > 0 ? setTimeout(this.#retry, RETRY_MS).unref() : undefined;
  };

  #push(): void {
    try {
      this.#drain();
      if (this.#lost === 0) return;
      const msg = `${this.#lost} lines of the log were lost: nobody read them`;
      this.#lost = 0;
      this.#add(Buffer.from(`${JSON.stringify({ level: 'warn', msg })}\n`));
      this.#drain();
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') return;
      // Nobody will ever read it.
      this.#backlog = [];
      this.#size = 0;
      this.#lost = 0;
    }
  }

  #drain(): void {
    for (let [first] = this.#backlog; first !== undefined; [first] = this.#backlog) {
      const written = this.#writeTo(first);
      this.#size -= written;
      if (written === first.length) this.#backlog.shift();
      else this.#backlog[0] = first.subarray(written);
    }
  }
}

let stderr: LineWriter | undefined;

/** Writes a line of the log. Pipes and sockets do not block from here on: Node makes them so when it opens `process.stderr`. */
export function writeLine(text: string): void {
  if (stderr === undefined) {
    // Reading a property opens it.
    void process.stderr.isTTY;
    const writer = new LineWriter((bytes) => writeSync(STDERR, bytes));
    process.once('exit', () => writer.finish());
    stderr = writer;
  }
  stderr.write(text);
}
