/** The words that tools have: stems with the documents in which they occur, found by text, by number and by how they are spelled. */
import { letterSet } from './letters.ts';
import { stem } from './stem.ts';

/** Words as they are written whose stem is remembered. */
const MAX_REMEMBERED = 50_000;

/** The occurrences of a word: document, packed frequencies, document, packed frequencies, ... */
export interface Term {
  readonly id: number;
  readonly text: string;
  /** The letters that it has (`letterSet`). */
  readonly letters: number;
  postings: number[];
}

/** Room for words that are new. */
export interface Room {
  left: number;
}

export class Vocabulary {
  readonly #byText = new Map<string, Term>();
  /** No id is given twice. */
  readonly #byId: (Term | undefined)[] = [];
  readonly #bySpelling = new Map<string, Term[]>();
  /** The term of a word as it is written: spares most of the stemming. Emptied when it is full. */
  readonly #byWord = new Map<string, Term>();

  /** @param text a stem */
  term(text: string): Term | undefined {
    return this.#byText.get(text);
  }

  /** Terms of this length that begin with this character: where the correct spelling of a word is looked for. */
  similar(first: string, length: number): readonly Term[] {
    return this.#bySpelling.get(spellingKey(first, length)) ?? [];
  }

  /** The term of a word as it is written, added where it is new. @returns undefined where there is no room for it */
  learn(word: string, room: Room): Term | undefined {
    let term = this.#byWord.get(word);
    if (term === undefined) {
      const text = stem(word);
      if (!this.#byText.has(text) && room.left-- <= 0) return undefined;
      term = this.#byText.get(text) ?? this.#add(text);
      if (this.#byWord.size >= MAX_REMEMBERED) this.#byWord.clear();
      this.#byWord.set(word, term);
    }
    return term;
  }

  /** Takes documents out of terms, and forgets the terms that are left without one. @param ids of the terms */
  prune(ids: Iterable<number>, isDocument: (id: number) => boolean): void {
    let isForgotten = false;
    for (const id of ids) {
      const term = this.#byId[id];
      if (term === undefined) continue;
      term.postings = livePostings(term.postings, isDocument);
      if (term.postings.length > 0) continue;
      this.#forget(term);
      isForgotten = true;
    }
    if (isForgotten) this.#byWord.clear();
  }

  #add(text: string): Term {
    const term: Term = { id: this.#byId.length, text, letters: letterSet(text), postings: [] };
    this.#byText.set(text, term);
    this.#byId.push(term);
    const key = spellingKey(text.charAt(0), text.length);
    const alike = this.#bySpelling.get(key);
    if (alike === undefined) this.#bySpelling.set(key, [term]);
    else alike.push(term);
    return term;
  }

  #forget({ id, text }: Term): void {
    this.#byText.delete(text);
    this.#byId[id] = undefined;
    const key = spellingKey(text.charAt(0), text.length);
    const alike = this.#bySpelling.get(key)?.filter((term) => term.id !== id) ?? [];
    if (alike.length > 0) this.#bySpelling.set(key, alike);
    else this.#bySpelling.delete(key);
  }
}

function spellingKey(first: string, length: number): string {
  return `${first}${length}`;
}

function livePostings(postings: readonly number[], isDocument: (id: number) => boolean): number[] {
  const live: number[] = [];
  for (let at = 0; at < postings.length; at += 2) {
    const id = postings[at] as number;
    if (isDocument(id)) live.push(id, postings[at + 1] as number);
  }
  return live;
}
