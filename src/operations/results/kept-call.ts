/** One call of a tool whose results may be kept. Loaded when the entry of a server says so of a tool. */
import { onlyReads } from '../../catalog/tool-access.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { CacheTerms } from '../../config/overrides/overrides.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import type { ToolContext } from '../operation.ts';
import type { KeptKey, KeptResults } from './kept-results.ts';
import { KeptScope } from './kept-scope.ts';

export interface KeptCallOptions {
  readonly context: ToolContext;
  readonly server: ServerDefinition;
  /** The name that agents know. */
  readonly tool: string;
  /** JSON text of the arguments, as the server gets them. */
  readonly args: string;
  readonly terms: CacheTerms;
}

export class KeptCall {
  readonly #options: KeptCallOptions;
  readonly #store: KeptResults;
  readonly #scope: KeptScope;

  constructor(store: KeptResults, options: KeptCallOptions) {
    this.#store = store;
    this.#options = options;
    this.#scope = new KeptScope(options.context, options.server);
  }

  /** To be told when the server asks for something. */
  get asked(): () => void {
    return this.#scope.asked;
  }

  /** The result that is kept for such a call of a tool with this definition; undefined for none. */
  find(entry: ToolEntry): ResultBody | undefined {
    return this.#mayKeep(entry) ? this.#store.find(this.#key(entry, this.#scope.changesNow))?.body : undefined;
  }

  /** Keeps the result where it may be: it is whole, and no failure, and nothing was asked for it. */
  keep(entry: ToolEntry, body: ResultBody): void {
    const { resultType = 'complete', isError, text } = body;
    if (this.#scope.wasAsked || resultType !== 'complete' || isError === true || !this.#mayKeep(entry)) return;
    if (text.startsWith('{"task":')) return;
    this.#store.keep(this.#key(entry, this.#scope.changes), body, this.#options.terms);
  }

  #mayKeep(entry: ToolEntry): boolean {
    const { context, server, tool } = this.#options;
    return onlyReads(context.snapshot.policy, server.name, tool, entry);
  }

  #key(entry: ToolEntry, changes: number): KeptKey {
    const { tool, args, terms } = this.#options;
    return this.#scope.key(tool, [entry.hash, canonicalJson(args)], terms.isPublic, changes);
  }
}
