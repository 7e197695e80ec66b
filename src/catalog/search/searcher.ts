/** The search over everything that servers listed, kept up to date server by server. */
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import type { EmbeddingIndex, Text } from '../embeddings/embedding-index.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { Suggestion } from '../usage/learn-usage.ts';
import type { Hit } from './choose-hits.ts';
import { addUse, type Evidence, evidenceOfMeaning } from './evidence.ts';
import type { SearchExplanation } from './explain-hits.ts';
import { IndexedServers, type ListedServer } from './indexed-servers.ts';
import type { LoadedMeaning, Meaning } from './meaning.ts';
import type { NearWordsOf } from './query.ts';
import type { RankTrace, rank as rankType } from './rank.ts';
import { type AgentScope, ScopeCache, type ScopeRequest } from './scope-cache.ts';

/** The factor by which a search looks farther where one definition took several places, and the limit of that. */
const FURTHER = 5;
const MAX_ASKED = 500;

export interface SearchRequest extends ScopeRequest {
  readonly query: string;
  readonly limit: number;
  /** The definition of the embeddings that are used in place of the model that comes with the program. */
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

/** The parts that a search waits for. */
interface Ready {
  readonly rank: typeof rankType;
  readonly meaning: Meaning | undefined;
  /** The evidence of embeddings; undefined where there is none. */
  readonly embedded: Map<number, number> | undefined;
}

/** The scope of a search, and what speaks for tools besides their words. */
export interface Known extends AgentScope {
  readonly rank: typeof rankType;
  /** From the model that comes with the program, or from embeddings; and from use. */
  readonly evidence: Map<number, number>;
  readonly support: Evidence | undefined;
  readonly near: NearWordsOf | undefined;
  /** The model that comes with the program, where it counts. */
  readonly meaning: Meaning | undefined;
}

/** Without the model that comes with the program. */
const NOTHING_KNOWN = { support: undefined, near: undefined, meaning: undefined };

export class Searcher {
  readonly #embeddings: Pick<EmbeddingIndex, 'compare'>;
  readonly #indexed = new IndexedServers();
  readonly #scopes = new ScopeCache(this.#indexed);
  readonly #loadModel: () => Promise<LoadedMeaning | undefined>;
  #understanding: Promise<Meaning | undefined> | undefined;

  /** @param loadModel loads the model of meaning, when somebody first searches; undefined for none, and words alone decide */
  constructor(embeddings: Pick<EmbeddingIndex, 'compare'>, loadModel: () => Promise<LoadedMeaning | undefined>) {
    this.#embeddings = embeddings;
    this.#loadModel = loadModel;
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
    const known = this.#known(request, await this.#ready(request));
    addUse(known.evidence, request.suggestions ?? [], known.servers);
    return this.#find(request, known);
  }

  /**
   * The same, with the reasons for the place of each.
   * @throws the reason of the signal
   */
  async explain(request: SearchRequest): Promise<SearchExplanation> {
    const { HitExplainer } = await import('./explain-hits.ts');
    const known = this.#known(request, await this.#ready(request));
    const explainer = new HitExplainer(this.#indexed.index, request.query, known);
    addUse(known.evidence, request.suggestions ?? [], known.servers);
    return explainer.explain(this.#find(request, known, explainer.trace), known.evidence);
  }

  /** Forgets the servers that are not among these names. */
  retain(names: ReadonlySet<string>): void {
    this.#indexed.retain(names);
  }

  /** Waits for everything that a search needs. */
  async #ready(request: SearchRequest): Promise<Ready> {
    // The first search loads what reads a question.
    const { rank } = await import('./rank.ts');
    await this.#indexed.addAll(request.servers);
    this.#understanding ??= this.#understand();
    const meaning = await this.#understanding;
    const embedded = await this.#evidenceOfEmbeddings(request, this.#scopes.of(request));
    return { rank, meaning, embedded };
  }

  /** From here on nothing is waited for: what is known is about the documents of the scope as they are. */
  #known(request: SearchRequest, { rank, meaning, embedded }: Ready): Known {
    const { scope, servers } = this.#scopes.of(request);
    const known = { rank, scope, servers };
    if (embedded !== undefined) return { ...known, ...NOTHING_KNOWN, evidence: embedded };
    const found = meaning?.evidence(request.query, scope.ids);
    return found === undefined ? { ...known, ...NOTHING_KNOWN, evidence: new Map() } : { ...known, ...found, meaning };
  }

  /** @param trace told of the steps of the ranking; the last ones count */
  #find({ query, limit }: SearchRequest, known: Known, trace?: RankTrace): FoundTool[] {
    const { rank, scope, evidence, support, near } = known;
    const options = { evidence, near, ...(support && { support }), ...(trace && { trace }) };
    for (let ask = limit; ; ask *= FURTHER) {
      const hits = rank(this.#indexed.index, scope, query, { limit: ask, ...options });
      const tools = this.#groupCopies(hits);
      if (tools.length >= limit || hits.length < ask || ask >= MAX_ASKED) return tools.slice(0, limit);
    }
  }

  async #understand(): Promise<Meaning | undefined> {
    const loaded = await this.#loadModel();
    if (loaded === undefined) return undefined;
    const { Meaning } = await import('./meaning.ts');
    const meaning = new Meaning(loaded);
    await this.#indexed.understand(meaning);
    return meaning;
  }

  /** The evidence of embeddings; undefined where there is none. */
  async #evidenceOfEmbeddings(
    request: SearchRequest,
    agentScope: AgentScope,
  ): Promise<Map<number, number> | undefined> {
    const { embeddings, query, signal } = request;
    if (embeddings === undefined) return undefined;
    const servers = [...agentScope.servers.values()];
    const documents = servers.flatMap((tools) => tools.documents);
    const texts = servers.flatMap((tools) => tools.documents.map(({ id }) => tools.server.texts.get(id) as Text));
    const nearness = await this.#embeddings.compare(embeddings, query, texts, signal);
    // The servers may have listed other tools meanwhile.
    const isCurrent = nearness !== undefined && this.#scopes.of(request) === agentScope;
    return isCurrent ? evidenceOfMeaning(documents, nearness) : undefined;
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
