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
export interface LineWriter {
  /** Writes at once what is taken at once; the rest follows. A descriptor that is closed is no reason to fail. */
  write(text: string): void;
  /** Waits for a reader, within limits: for the end of the process. */
  finish(): void;
}

/** @param writeTo writes bytes and says how many; throws EAGAIN where none is taken */
export function createLineWriter(writeTo: (bytes: Buffer) => number): LineWriter {
  let backlog: Buffer[] = [];
  let held = 0;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;

  const push = (): void => {
    try {
      for (let [first] = backlog; first !== undefined; [first] = backlog) {
        const written = writeTo(first);
        held -= written;
        if (written === first.length) backlog.shift();
        else backlog[0] = first.subarray(written);
      }
      if (lost === 0) return;
      const notice = Buffer.from(
        `${JSON.stringify({ level: 'warn', msg: `${lost} lines of the log were lost: nobody read them` })}\n`,
      );
      lost = 0;
      backlog.push(notice);
      held += notice.length;
      push();
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') return;
      // Nobody will ever read it.
      backlog = [];
      held = 0;
      lost = 0;
    }
  };

  const retry = (): void => {
    timer = undefined;
    push();
    if (held > 0) timer = setTimeout(retry, RETRY_MS).unref();
  };

  return {
    write(text) {
      const bytes = Buffer.from(text, 'utf8');
      if (held > 0 && held + bytes.length > MAX_BACKLOG) {
        lost++;
        return;
      }
      backlog.push(bytes);
      held += bytes.length;
      if (timer !== undefined) return;
      push();
      if (held > 0) timer = setTimeout(retry, RETRY_MS).unref();
    },
    finish() {
      const deadline = performance.now() + LAST_MS;
      for (push(); held > 0 && performance.now() < deadline; push()) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    },
  };
}

let stderr: LineWriter | undefined;

/** Writes a line of the log. Pipes and sockets do not block from here on: Node makes them so when it opens `process.stderr`. */
export function writeLine(text: string): void {
  if (stderr === undefined) {
    // Reading a property opens it.
    void process.stderr.isTTY;
    stderr = createLineWriter((bytes) => writeSync(STDERR, bytes));
    process.once('exit', stderr.finish);
  }
  stderr.write(text);
}
