/** What is compared: each method makes an index of tools and gives a search over it. */
import { readFileSync } from 'node:fs';
import { load } from '../bundle.mjs';

const { Meaning, MeaningModel, SearchIndex, createScope, rank } = await load('bench/search/gateway.ts');

const TABLE = new URL('../../src/catalog/meaning/meaning.bin', import.meta.url);
const loading = performance.now();
const NEAR = new URL('../../src/catalog/meaning/near-words.bin', import.meta.url);
const model = await MeaningModel.read(readFileSync(TABLE), readFileSync(NEAR));
export const MEANING_LOAD_MS = performance.now() - loading;

/** Meanings by the model that comes with the program. */
export function newMeaning() {
  return new Meaning({ model });
}

/** The gateway with everything visible, and options that switch ingredients off. */
export function gateway(tools, { meaning = true, ...options } = {}) {
  const { index, scope, documents, idOf } = indexOf(tools);
  if (!meaning) return (query, limit) => rank(index, scope, query, { limit, ...options }).map(idOf);
  const known = newMeaning();
  for (const { document, tool } of documents) known.set(document.id, known.of(tool.server, tool));
  return (query, limit) =>
    rank(index, scope, query, { limit, ...options, ...known.evidence(query, scope.ids) }).map(idOf);
}

/** Tools in the index of the gateway, and the way back. */
export function indexOf(tools) {
  const index = new SearchIndex();
  const byServer = new Map();
  for (const tool of tools) byServer.set(tool.server, [...(byServer.get(tool.server) ?? []), tool]);
  for (const [server, own] of byServer) index.put(server, own.map(documentOf));
  const scope = createScope(index, new Map([...byServer.keys()].map((server) => [server, index.of(server)])));
  const documents = [...byServer].flatMap(([server, own]) =>
    index.of(server).map((document, at) => ({ document, tool: own[at] })),
  );
  const ids = new Map(documents.map(({ document, tool }) => [document.id, tool.id]));
  return { index, scope, documents, idOf: ({ document }) => ids.get(document.id) };
}

export function documentOf({ name, server, description, params, about = '' }) {
  return { name, fields: [name, server, description ?? '', params ?? '', about] };
}

/** Words alone with one ingredient left out: what that loses is what the ingredient adds. */
export const ABLATIONS = {
  'gateway, nothing but fields': {
    synonyms: false,
    spelling: false,
    joined: false,
    neighbours: false,
    coverage: false,
    complete: false,
  },
  'gateway without stop words': { stop: false },
  'gateway without synonyms': { synonyms: false },
  'gateway without spelling': { spelling: false },
  'gateway without joined words': { joined: false },
  'gateway without neighbours': { neighbours: false },
  'gateway without coverage': { coverage: false },
  'gateway without completeness': { complete: false },
};

/** Words in lower case, nothing else: what a plain search does with a text. */
function plainWords(text) {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function textOf({ name, server, description, params }) {
  return [name, server, description, params].join(' ');
}

/** Every word of the question that occurs counts one. */
export function wordOverlap(tools) {
  const texts = tools.map((tool) => ({ id: tool.id, words: new Set(plainWords(textOf(tool))) }));
  return (query, limit) => {
    const asked = [...new Set(plainWords(query))];
    return top(
      texts.map(({ id, words }) => ({ id, score: asked.filter((word) => words.has(word)).length })),
      limit,
    );
  };
}

/** BM25 (k1 1.2, b 0.75) over all texts of a tool as one. */
export function plainBm25(tools) {
  const documents = tools.map((tool) => ({ id: tool.id, words: plainWords(textOf(tool)) }));
  const average = documents.reduce((sum, { words }) => sum + words.length, 0) / Math.max(1, documents.length);
  const postings = new Map();
  for (const [at, { words }] of documents.entries()) {
    for (const word of words) {
      const list = postings.get(word) ?? new Map();
      postings.set(word, list.set(at, (list.get(at) ?? 0) + 1));
    }
  }
  return (query, limit) => {
    const scores = new Map();
    for (const word of new Set(plainWords(query))) {
      const list = postings.get(word) ?? new Map();
      const rarity = Math.log(1 + (documents.length - list.size + 0.5) / (list.size + 0.5));
      for (const [at, frequency] of list) {
        const length = 0.25 + (0.75 * documents[at].words.length) / average;
        scores.set(at, (scores.get(at) ?? 0) + (rarity * frequency * 2.2) / (frequency + 1.2 * length));
      }
    }
    return top(
      Array.from(scores, ([at, score]) => ({ id: documents[at].id, score })),
      limit,
    );
  };
}

function top(scored, limit) {
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ id }) => id);
}
