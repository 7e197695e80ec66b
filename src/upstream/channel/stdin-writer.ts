/** Writes messages to the stdin of a server, one on each line: everything that one turn of the event loop has to say is one write. */
import process from 'node:process';
import type { Writable } from 'node:stream';
import { isLarge, writable } from '../../shared/large-text.ts';

/** Bytes that may wait for a server that does not read its input. */
const UNREAD_BYTES = 64 * 1024 * 1024;

export class StdinWriter {
  readonly #stdin: Writable;
  readonly #maxUnread: number;
  /** Text of this turn. */
  #unsent = '';

  constructor(stdin: Writable, maxUnread: number = UNREAD_BYTES) {
    this.#stdin = stdin;
    this.#maxUnread = maxUnread;
  }

  /** True once nothing can be written any more. */
  get isClosed(): boolean {
    return this.#stdin.destroyed || this.#stdin.writableEnded;
  }

  /** True while the server reads too little of what was written. */
  get isFull(): boolean {
    return this.#stdin.writableLength + this.#unsent.length > this.#maxUnread;
  }

  write(message: string): void {
    if (this.#unsent === '') process.nextTick(this.#flush);
    this.#unsent += `${message}\n`;
    if (isLarge(this.#unsent.length)) this.#flush();
  }

  readonly #flush = (): void => {
    const text = this.#unsent;
    this.#unsent = '';
    if (text !== '' && !this.isClosed) this.#stdin.write(writable(text));
  };
}
