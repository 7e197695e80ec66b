/** Logs whole lines that a server writes to stderr, few at a time. */
import type { Buffer } from 'node:buffer';
import type { Log } from '../contract.ts';
import { createWholeLines } from '../process/line-assembler.ts';
import { visibleOutput } from '../process/stderr-tail.ts';

/** Milliseconds between two lines of the log; what comes in between is not logged. */
const EVERY_MS = 50;
/** Characters of one of them. */
const MAX_CHARACTERS = 2000;

interface StderrLogOptions {
  readonly server: string;
  readonly log: Pick<Log, 'debug'>;
  readonly redact: (text: string) => string;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

export class StderrLog {
  readonly #server: string;
  readonly #log: Pick<Log, 'debug'>;
  readonly #redact: (text: string) => string;
  readonly #now: () => number;
  readonly #wholeLines = createWholeLines();
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor({ server, log, redact, now = () => performance.now() }: StderrLogOptions) {
    this.#server = server;
    this.#log = log;
    this.#redact = redact;
    this.#now = now;
  }

  push(chunk: Buffer): void {
    const lines = this.#wholeLines(chunk);
    const now = this.#now();
    if (lines === '' || now - this.#loggedAt < EVERY_MS) return;
    this.#loggedAt = now;
    const stderr = this.#redact(visibleOutput(this.#redact(lines)))
      .slice(0, MAX_CHARACTERS)
      .trimEnd();
    this.#log.debug({ server: this.#server, stderr }, 'stderr of a server');
  }
}
