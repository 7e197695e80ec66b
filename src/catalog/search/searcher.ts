/** The search over everything that servers listed, kept up to date server by server. */
import { setImmediate } from 'node:timers/promises';
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { createSlices } from '../../shared/slices.ts';
import type { EmbeddingIndex, Text } from '../embeddings/embedding-index.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { Suggestion } from '../usage/learn-usage.ts';
import { addUse, evidenceOfMeaning } from './evidence.ts';
import { createSearchIndex, type IndexedDocument } from './search-index.ts';
import { createScope, type Scope } from './search-scope.ts';
import { documentOf, meaningOf } from './tool-document.ts';

/** Scopes that are kept per policy: one per agent that searches. */
const MAX_SCOPES = 64;
/** How much farther a search looks where one definition took several places, and how far at most. */
const FURTHER = 5;
const MAX_ASKED = 500;

/** A server whose tools are known. */
export interface ListedServer {
  readonly name: string;
  readonly description: string | undefined;
  readonly entries: readonly ToolEntry[];
}

export interface SearchRequest {
  readonly query: string;
  readonly limit: number;
  /** The servers that the agent may use. */
  readonly servers: readonly ListedServer[];
  /** What decides, e.g. the policy in force: what it decided is remembered as long as it lives. */
  readonly policy: object;
  /** For whom it decides. */
  readonly who: string;
  permitted(server: string, tool: string): boolean;
  /** What turns texts into vectors; undefined where words alone decide. */
  readonly embeddings?: EmbeddingsDefinition | undefined;
  /** What is known from use to fit, permitted or not. */
  readonly suggestions?: readonly Suggestion[];
  readonly signal: CancelSignal;
}

export interface FoundTool {
  readonly server: string;
  readonly entry: ToolEntry;
  /** Other servers with the very same definition, which would only fill the list. */
  readonly alsoOn: readonly string[];
}

export interface Searcher {
  /** Takes in what a server listed, so that the next search need not. */
  learn(server: ListedServer): void;
  /**
   * The tools that fit a question, best first. Depends only on the question and on what is permitted.
   * @throws the reason of the signal
   */
  search(request: SearchRequest): Promise<FoundTool[]>;
  /** Forgets the servers that are not among these names. */
  retain(names: ReadonlySet<string>): void;
}

interface Known {
  readonly listed: ListedServer;
  readonly documents: readonly IndexedDocument[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
  /** By document id, what stands for its meaning; made when it is needed. */
  readonly texts: () => ReadonlyMap<number, Text>;
}

interface Permitted {
  readonly of: Known;
  readonly documents: readonly IndexedDocument[];
}

interface View {
  readonly servers: ReadonlyMap<string, Permitted>;
  readonly scope: Scope;
}

export function createSearcher(embeddingIndex: Pick<EmbeddingIndex, 'compare'>): Searcher {
  const index = createSearchIndex();
  const known = new Map<string, Known>();
  const views = new WeakMap<object, Map<string, View>>();

  /** Lists that are being taken in. */
  const learning = new Map<string, { readonly listed: ListedServer; readonly done: Promise<void> }>();

  const isKnown = (listed: ListedServer): boolean => {
    const before = known.get(listed.name)?.listed;
    return before !== undefined && isSame(before, listed);
  };

  /** In slices, so that others have their turn. */
  const learnSoon = (listed: ListedServer): Promise<void> | undefined => {
    const { name } = listed;
    if (isKnown(listed)) return undefined;
    const running = learning.get(name);
    if (running !== undefined && isSame(running.listed, listed)) return running.done;
    const done = learnInSlices(listed).finally(() => {
      if (learning.get(name)?.done === done) learning.delete(name);
    });
    learning.set(name, { listed, done });
    return done;
  };

  const learnInSlices = async (listed: ListedServer): Promise<void> => {
    // Not in the queue of what is large: many may wait for this.
    const slice = createSlices(setImmediate);
    const replacement = index.replace(listed.name);
    // By then it is known as the one that is being taken in.
    await slice();
    for (const entry of listed.entries) {
      replacement.add(documentOf(listed, entry));
      await slice();
    }
    // Something newer was listed meanwhile, or the server is gone.
    if (learning.get(listed.name)?.listed !== listed) replacement.abandon();
    else {
      replacement.commit();
      noteKnown(listed);
    }
  };

  const noteKnown = (listed: ListedServer): Known => {
    const byName = new Map(listed.entries.map((entry) => [entry.name, entry]));
    const documents = index.of(listed.name);
    let meant: ReadonlyMap<number, Text> | undefined;
    const texts = (): ReadonlyMap<number, Text> => {
      meant ??= new Map(documents.map(({ id }, at) => [id, meaningOf(listed.name, listed.entries[at] as ToolEntry)]));
      return meant;
    };
    const now: Known = { listed, documents, byName, texts };
    known.set(listed.name, now);
    return now;
  };

  /** At once: for what was listed while somebody waited for what was listed before. */
  const learn = (listed: ListedServer): Known => {
    const before = known.get(listed.name);
    if (before !== undefined && isSame(before.listed, listed)) return before;
    index.put(
      listed.name,
      listed.entries.map((entry) => documentOf(listed, entry)),
    );
    return noteKnown(listed);
  };

  const viewOf = (request: SearchRequest): View => {
    const { policy, who } = request;
    const ofPolicy = views.get(policy) ?? new Map<string, View>();
    views.set(policy, ofPolicy);
    const before = ofPolicy.get(who);
    const servers = new Map<string, Permitted>();
    let same = before?.servers.size === request.servers.length;
    for (const listed of request.servers) {
      const of = learn(listed);
      const old = before?.servers.get(listed.name);
      if (old?.of === of) {
        servers.set(listed.name, old);
        continue;
      }
      same = false;
      const documents = of.documents.filter(({ name }) => request.permitted(listed.name, name));
      servers.set(listed.name, { of, documents });
    }
    if (before !== undefined && same) return before;
    const permitted = new Map(Array.from(servers, ([name, { documents }]) => [name, documents]));
    const view: View = { servers, scope: createScope(index, permitted) };
    ofPolicy.delete(who);
    ofPolicy.set(who, view);
    for (const oldest of ofPolicy.keys()) {
      if (ofPolicy.size <= MAX_SCOPES) break;
      ofPolicy.delete(oldest);
    }
    return view;
  };

  /** What the meaning of the question speaks for; empty where that is not known. */
  const byMeaning = async (request: SearchRequest, view: View): Promise<Map<number, number>> => {
    const { embeddings, query, signal } = request;
    if (embeddings === undefined) return new Map();
    const servers = [...view.servers.values()];
    const documents = servers.flatMap((server) => server.documents);
    const texts = servers.flatMap(({ of, documents: own }) => own.map(({ id }) => of.texts().get(id) as Text));
    const nearness = await embeddingIndex.compare(embeddings, query, texts, signal);
    // The servers may have listed other tools meanwhile.
    return nearness === undefined || viewOf(request) !== view ? new Map() : evidenceOfMeaning(documents, nearness);
  };

  return {
    learn: (listed) => void learnSoon(listed),
    async search(request) {
      const { query, limit, suggestions = [] } = request;
      // The first search loads what reads a question.
      const { rank } = await import('./rank.ts');
      const unknown = request.servers.filter((listed) => !isKnown(listed));
      if (unknown.length > 0) await Promise.all(unknown.map(learnSoon));
      const evidence = await byMeaning(request, viewOf(request));
      const { scope, servers } = viewOf(request);
      addUse(evidence, suggestions, (server, tool) => servers.get(server)?.documents.find(({ name }) => name === tool));
      for (let ask = limit; ; ask *= FURTHER) {
        const hits = rank(index, scope, query, { limit: ask, evidence });
        const found = new Map<string, FoundTool & { readonly alsoOn: string[] }>();
        for (const { document } of hits) {
          const entry = known.get(document.server)?.byName.get(document.name);
          if (entry === undefined) continue;
          const same = found.get(entry.hash);
          if (same === undefined) found.set(entry.hash, { server: document.server, entry, alsoOn: [] });
          else if (![same.server, ...same.alsoOn].includes(document.server)) same.alsoOn.push(document.server);
        }
        const isEnough = found.size >= limit || hits.length < ask || ask >= MAX_ASKED;
        if (isEnough) return [...found.values()].slice(0, limit);
      }
    },
    retain(names) {
      for (const name of learning.keys()) if (!names.has(name)) learning.delete(name);
      for (const name of known.keys()) {
        if (names.has(name)) continue;
        known.delete(name);
        index.remove(name);
      }
    },
  };
}

function isSame(one: ListedServer, other: ListedServer): boolean {
  return one.entries === other.entries && one.description === other.description;
}
