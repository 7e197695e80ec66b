/** The body of a response, read chunk by chunk. */
import type { Buffer } from 'node:buffer';
import type { EncodedSource } from './content-decoding.ts';

/** Bytes that are held while nobody reads; then the server has to wait. */
const MAX_HELD = 64 * 1024;

export interface HttpBody {
  /**
   * Takes every chunk as it comes; once.
   * @returns resolves at the end; rejects with what broke it off, or with what `take` throws, which ends the connection.
   */
  read(take: (chunk: Buffer) => void): Promise<void>;
  /** The server has to wait; what is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Reads no more and ends the connection: `read` rejects. */
  destroy(): void;
}

/** The connection that the chunks come from. */
export interface BodySource extends EncodedSource {
  /** Ends the connection; `end` follows. */
  abort(error: Error): void;
}

/** Holds what comes before somebody reads it. */
export class StreamedBody implements HttpBody {
  readonly #source: BodySource;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #take: ((chunk: Buffer) => void) | undefined;
  #settle: ((error: unknown) => void) | undefined;
  #isEnded = false;
  #failure: unknown;

  constructor(source: BodySource) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    if (this.#take !== undefined) {
      this.#deliver(this.#take, chunk);
      return;
    }
    this.#held ??= [];
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD) this.#source.pause();
  }

  /** @param error what broke it off; undefined where all of it came */
  end(error: unknown): void {
    this.#isEnded = true;
    this.#failure ??= error;
    this.#settle?.(this.#failure);
  }

  read(take: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
      this.#take = take;
      const chunks = this.#held ?? [];
      this.#held = undefined;
      for (const chunk of chunks) if (!this.#deliver(take, chunk)) break;
      if (this.#isEnded) this.#settle(this.#failure);
      else if (this.#heldBytes > MAX_HELD) this.#source.resume();
    });
  }

  pause(): void {
    if (!this.#isEnded) this.#source.pause();
  }

  resume(): void {
    if (!this.#isEnded) this.#source.resume();
  }

  destroy(): void {
    this.#source.abort(new Error('The rest of the response is not wanted.'));
  }

  /** @returns false where the reader threw. */
  #deliver(take: (chunk: Buffer) => void, chunk: Buffer): boolean {
    try {
      take(chunk);
      return true;
    } catch (error) {
      this.#failure = error;
      this.#source.abort(errorOf(error));
      return false;
    }
  }
}

/** undici takes errors only. */
export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was aborted.', { cause: reason });
}
