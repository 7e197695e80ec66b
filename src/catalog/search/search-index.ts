/**
 * The words of all tools of all servers: who has which word, how often and in which field. It holds no statistics. Those
 * depend on what an agent may use and are made per scope (search-scope.ts), so that a denied tool has no influence on any result.
 */
import { STOP_WORDS } from './stop-words.ts';
import { type Room, type Term, Vocabulary } from './vocabulary.ts';
import { words } from './words.ts';

/** The texts that a tool is found by. Texts, in the order of `FIELD_COUNT` fields. */
export interface SearchDocument {
  readonly name: string;
  readonly fields: readonly [name: string, server: string, description: string, params: string, about: string];
}

export const FIELD_COUNT = 5;
/** Bits per field in a packed frequency: five fields fit into a small integer. */
export const FIELD_BITS = 6;
export const FIELD_MASK = (1 << FIELD_BITS) - 1;
/** Fields whose stop words count: in a name every word was chosen. */
const NAMING_FIELDS = 2;
/** Words that one server may add to those of all: what goes beyond is no language, and is not indexed. */
const MAX_NEW_WORDS = 20_000;
/** Words of one field that count towards its length. */
const MAX_LENGTH = 0xffff;

export interface IndexedDocument {
  readonly id: number;
  readonly server: string;
  readonly name: string;
  /** Words per field. */
  readonly lengths: Uint16Array;
  /** Ids of its words. */
  readonly terms: Int32Array;
}

/** Documents that will be those of a server. */
interface Replacement {
  add(document: SearchDocument): void;
  /** From now on. */
  commit(): void;
  /** Never. */
  abandon(): void;
}

export class SearchIndex {
  readonly #vocabulary = new Vocabulary();
  readonly #documents: (IndexedDocument | undefined)[] = [];
  /** Ids of documents that can be given again. */
  readonly #freeIds: number[] = [];
  readonly #servers = new Map<string, readonly IndexedDocument[]>();

  /** Puts the documents of a server in the place of those it had. */
  put(server: string, documents: readonly SearchDocument[]): void {
    const replacement = this.replace(server);
    for (const document of documents) replacement.add(document);
    replacement.commit();
  }

  /** The same little by little. No search sees half of it. */
  replace(server: string): Replacement {
    const documents: IndexedDocument[] = [];
    const room: Room = { left: MAX_NEW_WORDS };
    return {
      add: (document) => void documents.push(this.#add(server, document, room)),
      commit: () => {
        this.remove(server);
        this.#servers.set(server, documents);
      },
      abandon: () => this.#drop(documents),
    };
  }

  /** Forgets a server. */
  remove(server: string): void {
    const documents = this.of(server);
    this.#servers.delete(server);
    this.#drop(documents);
  }

  /** The documents of a server; empty where there are none. */
  of(server: string): readonly IndexedDocument[] {
    return this.#servers.get(server) ?? [];
  }

  /** @param text a stem */
  term(text: string): Term | undefined {
    return this.#vocabulary.term(text);
  }

  document(id: number): IndexedDocument | undefined {
    return this.#documents[id];
  }

  /** Words of this length that begin with this character: where the correct spelling of a word is looked for. */
  similar(first: string, length: number): readonly Term[] {
    return this.#vocabulary.similar(first, length);
  }

  /** All ids of documents are below this. */
  get capacity(): number {
    return this.#documents.length;
  }

  #add(server: string, document: SearchDocument, room: Room): IndexedDocument {
    const id = this.#freeIds.pop() ?? this.#documents.length;
    const { packed, lengths } = countWords(document.fields, (word) => this.#vocabulary.learn(word, room));
    const terms = Int32Array.from(packed, ([term, frequencies]) => {
      term.postings.push(id, frequencies);
      return term.id;
    });
    const indexed: IndexedDocument = { id, server, name: document.name, lengths, terms };
    this.#documents[id] = indexed;
    return indexed;
  }

  #drop(documents: readonly IndexedDocument[]): void {
    const terms = new Set<number>();
    for (const document of documents) {
      this.#documents[document.id] = undefined;
      this.#freeIds.push(document.id);
      for (const term of document.terms) terms.add(term);
    }
    this.#vocabulary.prune(terms, (id) => this.#documents[id] !== undefined);
  }
}

/** @returns per term how often it occurs in each field, packed; and the words per field */
function countWords(
  fields: readonly string[],
  termOf: (word: string) => Term | undefined,
): { packed: Map<Term, number>; lengths: Uint16Array } {
  const packed = new Map<Term, number>();
  const lengths = new Uint16Array(FIELD_COUNT);
  for (const [field, text] of fields.entries()) {
    const shift = field * FIELD_BITS;
    let length = 0;
    for (const word of words(text)) {
      if (field >= NAMING_FIELDS && STOP_WORDS.has(word)) continue;
      length++;
      const term = termOf(word);
      if (term === undefined) continue;
      const before = packed.get(term) ?? 0;
      if (((before >> shift) & FIELD_MASK) < FIELD_MASK) packed.set(term, before + (1 << shift));
    }
    lengths[field] = Math.min(length, MAX_LENGTH);
  }
  return { packed, lengths };
}
