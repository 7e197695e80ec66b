/** One call of a tool whose results may be kept. Loaded when the entry of a server says so of a tool. */
import { createHash } from 'node:crypto';
import { accessOfTool } from '../../catalog/tool-access.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { CacheTerms } from '../../config/overrides/overrides.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import { hasOwnCredentials } from '../../upstream/pool/sharing.ts';
import type { ToolContext } from '../operation.ts';
import type { KeptKey, KeptResults } from './kept-results.ts';

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
  /** The changes of the server before the call began. */
  readonly #changes: number;
  #wasAsked = false;

  constructor(store: KeptResults, options: KeptCallOptions) {
    this.#store = store;
    this.#options = options;
    this.#changes = options.context.catalog.changesOf(options.server.name);
  }

  /** The result that is kept for such a call of a tool with this definition; undefined for none. */
  find(entry: ToolEntry): ResultBody | undefined {
    const { context, server } = this.#options;
    return this.#onlyReads(entry)
      ? this.#store.find(this.#key(entry, context.catalog.changesOf(server.name)))?.body
      : undefined;
  }

  /** The server asked for something: what it says next is for this caller alone. */
  readonly asked = (): void => {
    this.#wasAsked = true;
  };

  /** Keeps the result where it may be: it is whole, and no failure, and nothing was asked for it. */
  keep(entry: ToolEntry, body: ResultBody): void {
    const { resultType = 'complete', isError, text } = body;
    if (this.#wasAsked || resultType !== 'complete' || isError === true || !this.#onlyReads(entry)) return;
    if (text.startsWith('{"task":')) return;
    this.#store.keep(this.#key(entry, this.#changes), body, this.#options.terms);
  }

  #onlyReads(entry: ToolEntry): boolean {
    const { context, server, tool } = this.#options;
    return context.snapshot.policy.accessOf(server.name, tool, accessOfTool(entry)) === 'read';
  }

  #key(entry: ToolEntry, changes: number): KeptKey {
    const { context, server, tool, args, terms } = this.#options;
    const { owner, client } = context.relay;
    const isForAll = terms.isPublic && !hasOwnCredentials(server.link);
    const whose = isForAll ? '' : owner;
    // The server may answer otherwise to what can do other things.
    const able = [client.era, client.capabilities, client.requestCapabilities];
    const parts = JSON.stringify([whose, isForAll, entry.hash, able, canonicalJson(args)]);
    const call = parts.length > 200 ? createHash('sha256').update(parts).digest('base64') : parts;
    return { tool: `${server.key} ${tool}`, call, owner: whose, changes };
  }
}
