/**
 * The words of all tools of all servers: who has which word, how often and in which field. It holds no statistics. Those
 * depend on what an agent may use and are made per scope (search-scope.ts), so that a denied tool has no influence on any result.
 */
import { letterSet } from './letters.ts';
import { stem } from './stem.ts';
import { STOP_WORDS } from './stop-words.ts';
import { words } from './words.ts';

/** What a tool is found by. Texts, in the order of `FIELD_COUNT` fields. */
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
const MAX_KNOWN_WORDS = 50_000;
/** Words that one server may add to those that are known: what goes beyond is no language, and finds nothing. */
const MAX_NEW_WORDS = 20_000;
/** Words of one field that count towards its length. */
export const MAX_LENGTH = 0xffff;

/** Where a word occurs: document, packed frequencies, document, packed frequencies, ... */
export interface Term {
  readonly id: number;
  readonly text: string;
  /** Which letters it has (`letterSet`). */
  readonly letters: number;
  postings: number[];
}

export interface IndexedDocument {
  readonly id: number;
  readonly server: string;
  readonly name: string;
  /** Words per field. */
  readonly lengths: Uint16Array;
  /** Ids of its words. */
  readonly terms: Int32Array;
}

export interface SearchIndex {
  /** Puts the documents of a server in the place of those it had. */
  put(server: string, documents: readonly SearchDocument[]): void;
  /** The same little by little. No search sees half of it. */
  replace(server: string): Replacement;
  /** Forgets a server. */
  remove(server: string): void;
  /** The documents of a server; empty where there are none. */
  of(server: string): readonly IndexedDocument[];
  term(text: string): Term | undefined;
  document(id: number): IndexedDocument | undefined;
  /** Words of this length that begin with this character: where the correct spelling of a word is looked for. */
  similar(first: string, length: number): readonly Term[];
  /** All ids are below this. */
  readonly capacity: number;
}

/** Documents that will be those of a server. */
export interface Replacement {
  add(document: SearchDocument): void;
  /** From now on. */
  commit(): void;
  /** Never. */
  abandon(): void;
}

export function createSearchIndex(): SearchIndex {
  const byText = new Map<string, Term>();
  /** No id is given twice. */
  const byId: (Term | undefined)[] = [];
  const bySpelling = new Map<string, Term[]>();
  const documents: (IndexedDocument | undefined)[] = [];
  const free: number[] = [];
  const servers = new Map<string, readonly IndexedDocument[]>();

  /** The term of a word as it is written: spares most of the stemming. Emptied when it is full. */
  const byWord = new Map<string, Term>();
  /** @param room new words that there is room for. */
  const termOfWord = (word: string, room: { left: number }): Term | undefined => {
    let term = byWord.get(word);
    if (term === undefined) {
      const text = stem(word);
      if (!byText.has(text) && room.left-- <= 0) return undefined;
      term = termOf(text);
      if (byWord.size >= MAX_KNOWN_WORDS) byWord.clear();
      byWord.set(word, term);
    }
    return term;
  };

  const termOf = (text: string): Term => {
    let term = byText.get(text);
    if (term === undefined) {
      term = { id: byId.length, text, letters: letterSet(text), postings: [] };
      byText.set(text, term);
      byId.push(term);
      const key = spellingKey(text.charAt(0), text.length);
      const alike = bySpelling.get(key);
      if (alike === undefined) bySpelling.set(key, [term]);
      else alike.push(term);
    }
    return term;
  };

  const forgetTerm = ({ id, text }: Term): void => {
    byText.delete(text);
    byId[id] = undefined;
    const key = spellingKey(text.charAt(0), text.length);
    const alike = bySpelling.get(key)?.filter((term) => term.id !== id) ?? [];
    if (alike.length > 0) bySpelling.set(key, alike);
    else bySpelling.delete(key);
  };

  const add = (server: string, document: SearchDocument, room: { left: number }): IndexedDocument => {
    const id = free.pop() ?? documents.length;
    const counted = countWords(document.fields, (word) => termOfWord(word, room));
    const terms = Array.from(counted.packed, ([term, packed]) => {
      term.postings.push(id, packed);
      return term.id;
    });
    const { lengths } = counted;
    const indexed: IndexedDocument = { id, server, name: document.name, lengths, terms: Int32Array.from(terms) };
    documents[id] = indexed;
    return indexed;
  };

  /** Takes documents out of the words that they have. */
  const dropDocuments = (old: readonly IndexedDocument[]): void => {
    const touched = new Set<number>();
    for (const { id, terms } of old) {
      documents[id] = undefined;
      free.push(id);
      for (const term of terms) touched.add(term);
    }
    let isForgotten = false;
    for (const id of touched) {
      const term = byId[id];
      if (term === undefined) continue;
      term.postings = livePostings(term.postings, documents);
      if (term.postings.length > 0) continue;
      forgetTerm(term);
      isForgotten = true;
    }
    if (isForgotten) byWord.clear();
  };
  const drop = (server: string): void => {
    const old = servers.get(server) ?? [];
    servers.delete(server);
    dropDocuments(old);
  };
  const replace = (server: string): Replacement => {
    const added: IndexedDocument[] = [];
    const room = { left: MAX_NEW_WORDS };
    return {
      add: (document) => void added.push(add(server, document, room)),
      commit() {
        drop(server);
        servers.set(server, added);
      },
      abandon: () => dropDocuments(added),
    };
  };

  return {
    put(server, added) {
      const replacement = replace(server);
      for (const document of added) replacement.add(document);
      replacement.commit();
    },
    replace,
    remove: drop,
    of: (server) => servers.get(server) ?? [],
    term: (text) => byText.get(text),
    document: (id) => documents[id],
    similar: (first, length) => bySpelling.get(spellingKey(first, length)) ?? [],
    get capacity() {
      return documents.length;
    },
  };
}

function spellingKey(first: string, length: number): string {
  return `${first}${length}`;
}

function livePostings(postings: readonly number[], documents: readonly unknown[]): number[] {
  const live: number[] = [];
  for (let at = 0; at < postings.length; at += 2) {
    const id = postings[at] as number;
    if (documents[id] !== undefined) live.push(id, postings[at + 1] as number);
  }
  return live;
}

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
