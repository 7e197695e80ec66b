/** One call whose answer may be kept: whose it may be, and whether it still may. */
import { createHash } from 'node:crypto';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { hasOwnCredentials } from '../../upstream/pool/sharing.ts';
import type { ToolContext } from '../operation.ts';
import type { KeptKey } from './kept-results.ts';

/** Characters of a key that is used as it is. */
const LONGEST_KEY = 200;

export class KeptScope {
  readonly #context: ToolContext;
  readonly #server: ServerDefinition;
  /** The changes of the server before the call began: under these its answer is kept. */
  readonly changes: number;
  #wasAsked = false;

  constructor(context: ToolContext, server: ServerDefinition) {
    this.#context = context;
    this.#server = server;
    this.changes = this.changesNow;
  }

  /** The changes of the server so far: under these an answer is found. */
  get changesNow(): number {
    return this.#context.catalog.changesOf(this.#server.name);
  }

  /** The server asked for something: what it says next is for this caller alone. */
  readonly asked = (): void => {
    this.#wasAsked = true;
  };

  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  /**
   * @param tool names the tool of the server, or all of its resources
   * @param what else the answer depends on, besides who may have it
   */
  key(tool: string, what: readonly unknown[], isPublic: boolean, changes: number): KeptKey {
    const { owner, client } = this.#context.relay;
    const isForAll = isPublic && !hasOwnCredentials(this.#server.link);
    const whose = isForAll ? '' : owner;
    // The server may answer otherwise to what can do other things.
    const able = [client.era, client.capabilities, client.requestCapabilities];
    const parts = JSON.stringify([whose, isForAll, able, what]);
    const call = parts.length > LONGEST_KEY ? createHash('sha256').update(parts).digest('base64') : parts;
    return { tool: `${this.#server.key}\n${tool}`, call, owner: whose, changes };
  }
}
