/** Notices what happens to questions, whichever process does it: watching makes it prompt where that can be, looking makes it certain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeferred, type Deferred } from '../shared/deferred.ts';
import type { QuestionListing, Questions } from './questions.ts';

/** Milliseconds between two looks if nothing seems to happen, and if much does. */
const LOOK_MS = 500;
const APART_MS = 10;

/** Somebody answered, or the question is not there any more: it was taken back, or its answer was used. */
export type Happened = 'answered' | 'gone';

export class QuestionWatch {
  readonly #questions: Questions;
  /** By question; several calls may wait for one. */
  readonly #waiting = new Map<string, Set<Deferred<Happened>>>();
  readonly #listeners = new Set<() => void>();
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #again = false;

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /** @returns what happens to the question first, and a function that stops waiting. */
  waitFor(id: string): { readonly happened: Promise<Happened>; readonly end: () => void } {
    const deferred = createDeferred<Happened>();
    const others = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, others.add(deferred));
    this.#begin();
    // It may have happened already.
    this.look();
    const end = (): void => {
      others.delete(deferred);
      if (others.size === 0) this.#waiting.delete(id);
      this.#rest();
    };
    return { happened: deferred.promise, end };
  }

  /** Calls back now and then, and whenever something happened. @returns stops that */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#begin();
    return () => {
      this.#listeners.delete(listener);
      this.#rest();
    };
  }

  /** Looks now; whoever changed something here need not wait. Never throws. */
  look(): void {
    if (this.#isLooking) {
      this.#again = true;
      return;
    }
    this.#isLooking = true;
    void this.#lookAll().finally(() => {
      this.#isLooking = false;
    });
  }

  async #lookAll(): Promise<void> {
    do {
      this.#again = false;
      // Of what was asked since, a listing says nothing.
      const asked = [...this.#waiting];
      const listing = await this.#questions.listing().catch(() => undefined);
      if (listing === undefined) continue;
      for (const [id, waiting] of asked) {
        const what = happenedTo(id, listing);
        if (what !== undefined) for (const { resolve } of waiting) resolve(what);
      }
      for (const listener of this.#listeners) listener();
      if (this.#again) await sleep(APART_MS);
    } while (this.#again);
  }

  #begin(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    this.#unwatch ??= this.#questions.watch(() => this.look());
  }

  #rest(): void {
    if (this.#waiting.size > 0 || this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}

function happenedTo(id: string, listing: QuestionListing): Happened | undefined {
  if (listing.has(id, 'answer')) return 'answered';
  return listing.has(id, 'question') ? undefined : 'gone';
}
