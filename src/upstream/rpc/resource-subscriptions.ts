/** Keeps track of which resources of one connection somebody wants to hear about, and tells the server in the way of its era. */
import type { Reply } from '../contract.ts';
import type { ListenRequest } from './announced-changes.ts';
import type { JsonRpcPeer } from './json-rpc-peer.ts';
import { readReply } from './response-text.ts';

const TIMEOUT_MS = 30_000;
const DONE: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

export class ResourceSubscriptions {
  readonly #peer: Pick<JsonRpcPeer, 'call'>;
  /** The number of subscribers of each resource. */
  readonly #counts = new Map<string, number>();
  /** Replies to those who asked first, until they are there. */
  readonly #pending = new Map<string, Promise<Reply>>();
  /** That of a modern server; the 2025 revisions have a request for each resource. */
  listenRequest: ListenRequest | undefined;

  constructor(peer: Pick<JsonRpcPeer, 'call'>) {
    this.#peer = peer;
  }

  async add(uri: string): Promise<Reply> {
    const count = this.#counts.get(uri) ?? 0;
    this.#counts.set(uri, count + 1);
    if (count > 0) return this.#pending.get(uri) ?? DONE;
    const pending = this.#tell('subscribe', uri);
    this.#pending.set(uri, pending);
    try {
      const reply = await pending;
      if (!reply.ok) this.#counts.delete(uri);
      return reply;
    } catch (error) {
      this.#counts.delete(uri);
      throw error;
    } finally {
      this.#pending.delete(uri);
    }
  }

  /** Ends what was asked for last by one of those who asked for it. */
  async remove(uri: string): Promise<Reply> {
    const count = this.#counts.get(uri) ?? 0;
    if (count > 1) this.#counts.set(uri, count - 1);
    else this.#counts.delete(uri);
    return count === 1 ? this.#tell('unsubscribe', uri) : DONE;
  }

  /** Asks again where the server forgot the subscriptions with its session. */
  renew(): void {
    if (this.listenRequest !== undefined) return;
    for (const uri of this.#counts.keys()) void this.#tell('subscribe', uri).catch(() => undefined);
  }

  async #tell(verb: 'subscribe' | 'unsubscribe', uri: string): Promise<Reply> {
    if (this.listenRequest !== undefined) {
      await this.listenRequest.setResources([...this.#counts.keys()]);
      return DONE;
    }
    const method = `resources/${verb}`;
    const params = `"uri":${JSON.stringify(uri)}`;
    return readReply(await this.#peer.call(method, params, { timeoutMs: TIMEOUT_MS }), method);
  }
}
