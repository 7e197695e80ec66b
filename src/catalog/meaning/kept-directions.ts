/**
 * The directions of definitions, kept on disk by the hash of their text, so that the next process does not compute them again. Nothing but the
 * order of results depends on them; a file that is damaged counts as none, and is written anew.
 */
import { createHash } from 'node:crypto';
import type { Log } from '../../upstream/contract.ts';
import { createVectorStore, type VectorStore } from '../embeddings/vector-store.ts';

/** Milliseconds after which what is new is written. */
const LATER_MS = 2000;

export class KeptDirections {
  readonly #store: VectorStore;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  /** @param name of the model, and of how texts become directions. @param folder for the file */
  constructor(folder: string, name: string, log: Log) {
    this.#store = createVectorStore(folder, name);
    this.#log = log;
  }

  /** Reads what is kept. Never rejects. */
  load(): Promise<void> {
    return this.#store.load();
  }

  /** The numbers of a text: those that are kept, or else made now and kept. @param length of what `make` gives */
  numbersOf(text: string, length: number, make: () => Int8Array): Int8Array {
    const key = createHash('sha256').update(text).digest('hex');
    const kept = this.#store.get(key);
    if (kept?.length === length) return kept;
    const numbers = make();
    this.#store.add(key, numbers);
    this.#timer ??= setTimeout(() => void this.#save(), LATER_MS).unref();
    return numbers;
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) await this.#save();
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#store.save().catch((error: unknown) => this.#log.warn({ err: error }, 'meanings could not be kept'));
  }
}
