/** The scope of a search: what one agent may find, and the statistics over exactly that. */
import { FIELD_BITS, FIELD_COUNT, FIELD_MASK, type IndexedDocument, type SearchIndex } from './search-index.ts';
import type { Term } from './vocabulary.ts';

/** Weight of a word by field: name, server, description, parameters, description of the server. */
const FIELD_WEIGHTS = [3, 2, 1, 0.5, 0.5] as const;
/** The weight with which the length of a field counts against it (the b of BM25), by field. */
const LENGTH_WEIGHTS = [0.5, 0.5, 0.75, 0.75, 0.75] as const;
/** The k1 of BM25: how soon more occurrences stop to matter. */
const SATURATION = 1.5;
/** Fields longer than this count as this long. */
const MAX_COUNTED = 512;
/** Occurrences whose impact is kept; about 12 bytes each. */
const MAX_KEPT = 400_000;

/** The occurrences of a word in the scope, and what it adds there (BM25 without the rarity of the word, 0 to 1). */
export interface Impacts {
  readonly ids: Int32Array;
  readonly values: Float64Array;
}

/** Good for as long as the version of the index. */
export interface Scope {
  /** The number of documents that may be found. */
  readonly count: number;
  /** Ids of the documents that may be found. */
  readonly ids: Int32Array;
  /** Documents that may be found, per server. */
  readonly servers: ReadonlyMap<string, readonly IndexedDocument[]>;
  /** By document id, the position of its server among `servers`. */
  readonly serverOf: Int32Array;
  /** A number per document id, for whoever ranks; a search is over before the next one begins. */
  readonly scratch: Float64Array;
  /** Of a word; empty where it does not occur in the scope. Remembered, within bounds. */
  impacts(term: Term): Impacts;
  /** The weight of the occurrences of a word in each field of a document. */
  fieldsOf(term: Term, document: IndexedDocument): readonly number[];
}

/** @param permitted the documents that may be found, per server. */
export function createScope(index: SearchIndex, permitted: ReadonlyMap<string, readonly IndexedDocument[]>): Scope {
  const visible: (IndexedDocument | undefined)[] = new Array(index.capacity).fill(undefined);
  const serverOf = new Int32Array(index.capacity);
  const sums = new Float64Array(FIELD_COUNT);
  let count = 0;
  for (const [position, documents] of [...permitted.values()].entries()) {
    for (const document of documents) {
      visible[document.id] = document;
      serverOf[document.id] = position;
      count++;
      const { lengths } = document;
      for (let field = 0; field < FIELD_COUNT; field++)
        sums[field] = (sums[field] as number) + (lengths[field] as number);
    }
  }
  const weights = FIELD_WEIGHTS.map((weight, field) => {
    const average = Math.max((sums[field] ?? 0) / Math.max(count, 1), 1e-9);
    const b = LENGTH_WEIGHTS[field] ?? 0;
    return Float64Array.from({ length: MAX_COUNTED + 1 }, (_, length) => weight / (1 - b + (b * length) / average));
  });
  const kept = new Map<number, Impacts>();
  let room = MAX_KEPT;
  return {
    count,
    ids: Int32Array.from([...permitted.values()].flatMap((documents) => documents.map(({ id }) => id))),
    servers: permitted,
    serverOf,
    scratch: new Float64Array(index.capacity),
    impacts({ id, postings }) {
      let impacts = kept.get(id);
      if (impacts === undefined) {
        impacts = impactsOf(postings, visible, weights);
        if (room < impacts.ids.length) {
          kept.clear();
          room = MAX_KEPT;
        }
        kept.set(id, impacts);
        room -= impacts.ids.length + 1;
      }
      return impacts;
    },
    fieldsOf({ postings }, document) {
      const at = postings.findIndex((id, place) => place % 2 === 0 && id === document.id);
      const packed = postings[at + 1] ?? 0;
      return weights.map((_, field) =>
        weightedFrequency(at < 0 ? 0 : packed & (FIELD_MASK << (field * FIELD_BITS)), document, weights),
      );
    },
  };
}

function impactsOf(
  postings: readonly number[],
  visible: readonly (IndexedDocument | undefined)[],
  weights: readonly Float64Array[],
): Impacts {
  const ids: number[] = [];
  const values: number[] = [];
  for (let at = 0; at < postings.length; at += 2) {
    const document = visible[postings[at] as number];
    if (document === undefined) continue;
    const frequency = weightedFrequency(postings[at + 1] as number, document, weights);
    ids.push(document.id);
    values.push(frequency / (frequency + SATURATION));
  }
  return { ids: Int32Array.from(ids), values: Float64Array.from(values) };
}

/** The weight of the occurrences of a word in a document, over all its fields. */
function weightedFrequency(packed: number, { lengths }: IndexedDocument, weights: readonly Float64Array[]): number {
  let sum = 0;
  for (let field = 0, rest = packed; rest > 0; field++, rest >>= FIELD_BITS) {
    const frequency = rest & FIELD_MASK;
    if (frequency === 0) continue;
    const table = weights[field] as Float64Array;
    sum += frequency * (table[Math.min(lengths[field] ?? 0, MAX_COUNTED)] as number);
  }
  return sum;
}
