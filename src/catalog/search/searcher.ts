/** The search over everything that servers listed, kept up to date server by server. */
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import type { EmbeddingIndex, Text } from '../embeddings/embedding-index.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { Suggestion } from '../usage/learn-usage.ts';
import { addUse, evidenceOfMeaning } from './evidence.ts';
import { IndexedServers, type ListedServer } from './indexed-servers.ts';
import type { Hit } from './rank.ts';
import { type AgentScope, ScopeCache, type ScopeRequest } from './scope-cache.ts';

/** The factor by which a search looks farther where one definition took several places, and the limit of that. */
const FURTHER = 5;
const MAX_ASKED = 500;

export interface SearchRequest extends ScopeRequest {
  readonly query: string;
  readonly limit: number;
  /** The definition of the embeddings; undefined where words alone decide. */
  readonly embeddings?: EmbeddingsDefinition | undefined;
  /** The tools that are known from use to fit, permitted or not. */
  readonly suggestions?: readonly Suggestion[];
  readonly signal: CancelSignal;
}

export interface FoundTool {
  readonly server: string;
  readonly entry: ToolEntry;
  /** Other servers with the very same definition, which would only fill the list. */
  readonly alsoOn: readonly string[];
}

export class Searcher {
  readonly #embeddings: Pick<EmbeddingIndex, 'compare'>;
  readonly #indexed = new IndexedServers();
  readonly #scopes = new ScopeCache(this.#indexed);

  constructor(embeddings: Pick<EmbeddingIndex, 'compare'>) {
    this.#embeddings = embeddings;
  }

  /** Takes in what a server listed, so that the next search need not. */
  learn(server: ListedServer): void {
    void this.#indexed.addSoon(server);
  }

  /**
   * The tools that fit a question, best first. Depends only on the question and on what is permitted.
   * @throws the reason of the signal
   */
  async search(request: SearchRequest): Promise<FoundTool[]> {
    const { query, limit, suggestions = [] } = request;
    // The first search loads what reads a question.
    const { rank } = await import('./rank.ts');
    const indexing = request.servers.flatMap((listed) => this.#indexed.addSoon(listed) ?? []);
    if (indexing.length > 0) await Promise.all(indexing);
    const evidence = await this.#evidenceOfMeaning(request, this.#scopes.of(request));
    const { scope, servers } = this.#scopes.of(request);
    addUse(evidence, suggestions, (server, tool) => servers.get(server)?.documents.find(({ name }) => name === tool));
    for (let ask = limit; ; ask *= FURTHER) {
      const hits = rank(this.#indexed.index, scope, query, { limit: ask, evidence });
      const tools = this.#groupCopies(hits);
      if (tools.length >= limit || hits.length < ask || ask >= MAX_ASKED) return tools.slice(0, limit);
    }
  }

  /** Forgets the servers that are not among these names. */
  retain(names: ReadonlySet<string>): void {
    this.#indexed.retain(names);
  }

  /** The evidence of the meaning of the question; empty where that is not known. */
  async #evidenceOfMeaning(request: SearchRequest, agentScope: AgentScope): Promise<Map<number, number>> {
    const { embeddings, query, signal } = request;
    if (embeddings === undefined) return new Map();
    const servers = [...agentScope.servers.values()];
    const documents = servers.flatMap((tools) => tools.documents);
    const texts = servers.flatMap((tools) => tools.documents.map(({ id }) => tools.server.texts.get(id) as Text));
    const nearness = await this.#embeddings.compare(embeddings, query, texts, signal);
    // The servers may have listed other tools meanwhile.
    const isCurrent = nearness !== undefined && this.#scopes.of(request) === agentScope;
    return isCurrent ? evidenceOfMeaning(documents, nearness) : new Map();
  }

  /** Gives one definition on several servers one place. */
  #groupCopies(hits: readonly Hit[]): FoundTool[] {
    const byHash = new Map<string, FoundTool & { readonly alsoOn: string[] }>();
    for (const { document } of hits) {
      const entry = this.#indexed.get(document.server)?.entry(document.name);
      if (entry === undefined) continue;
      const same = byHash.get(entry.hash);
      if (same === undefined) byHash.set(entry.hash, { server: document.server, entry, alsoOn: [] });
      else if (![same.server, ...same.alsoOn].includes(document.server)) same.alsoOn.push(document.server);
    }
    return [...byHash.values()];
  }
}
