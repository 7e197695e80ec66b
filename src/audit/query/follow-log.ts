/** Reads a log on as it is written, over rotations: whatever was in the file that was full comes before what is in the next one. */
import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { openToRead } from '../../shared/open-to-read.ts';
import { type FileIdentity, nodeFs, rotatedFiles, sameFile } from '../file-system.ts';

/** Milliseconds that a file is read on after another one took its name: a process that has it open may write one more batch. */
const GRACE_MS = 5000;
const CHUNK = 256 * 1024;

/** One file of the log, and how far it was read. */
interface Tail extends FileIdentity {
  readonly fd: number;
  position: number;
  /** The beginning of a line that has not ended. */
  rest: Buffer;
  /** The time at which something was read last, in milliseconds of a clock that only goes forward. */
  readAt: number;
}

export class LogFollower {
  readonly #log: string;
  readonly #now: () => number;
  /** Oldest first; the last one has the name of the log, or had it a moment ago. */
  #tails: Tail[] = [];

  /**
   * Begins behind what is in the log now.
   * @param log its path; it need not be there yet.
   * @param now milliseconds of a clock that only goes forward
   * @throws what opening a file throws, but not ENOENT.
   */
  constructor(log: string, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
    const tail = this.#open(log);
    if (tail === undefined) return;
    tail.position = fstatSync(tail.fd).size;
    this.#tails.push(tail);
  }

  /** The lines that were written since the last time, without their line feeds, in their order. */
  read(): Buffer[] {
    const lines: Buffer[] = [];
    for (const tail of this.#tails) this.#readOn(tail, lines);
    for (const path of this.#newFiles()) {
      const tail = this.#open(path);
      if (tail === undefined) continue;
      this.#tails.push(tail);
      // A line that is still written into the one before is read next time, too late by a moment and not lost.
      this.#readOn(tail, lines);
    }
    this.#forget();
    return lines;
  }

  close(): void {
    for (const { fd } of this.#tails) closeSync(fd);
    this.#tails = [];
  }

  /** Files that came since, oldest first: those that were rotated after the one that is read, and the log. */
  #newFiles(): string[] {
    const current = statSync(this.#log, { throwIfNoEntry: false });
    if (current !== undefined && this.#isKnown(current)) return [];
    const rotated = rotatedFiles(nodeFs, this.#log);
    const last = rotated.findLastIndex(({ path }) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats !== undefined && this.#isKnown(stats);
    });
    // If none is known, another program took the file: the next one is the log.
    const missed = last < 0 ? [] : rotated.slice(last + 1).map(({ path }) => path);
    return current === undefined ? missed : [...missed, this.#log];
  }

  #isKnown(file: FileIdentity): boolean {
    return this.#tails.some((tail) => sameFile(tail, file));
  }

  #open(path: string): Tail | undefined {
    try {
      const fd = openToRead(path);
      const { dev, ino } = fstatSync(fd);
      return { fd, dev, ino, position: 0, rest: Buffer.alloc(0), readAt: this.#now() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #readOn(tail: Tail, lines: Buffer[]): void {
    // Another program emptied it.
    if (fstatSync(tail.fd).size < tail.position) tail.position = 0;
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      const length = readSync(tail.fd, chunk, 0, CHUNK, tail.position);
      if (length === 0) return;
      tail.position += length;
      tail.readAt = this.#now();
      const text = Buffer.concat([tail.rest, chunk.subarray(0, length)]);
      let from = 0;
      for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, from)) {
        if (at > from) lines.push(text.subarray(from, at));
        from = at + 1;
      }
      tail.rest = text.subarray(from);
    }
  }

  #forget(): void {
    const old = this.#tails.slice(0, -1).filter(({ readAt }) => this.#now() - readAt > GRACE_MS);
    for (const { fd } of old) closeSync(fd);
    this.#tails = this.#tails.filter((tail) => !old.includes(tail));
  }
}
