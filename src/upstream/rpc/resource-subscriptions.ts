/** Which resources of one connection somebody wants to hear about, and how its generation is told. */

import type { Reply } from '../contract.ts';
import type { JsonRpcPeer } from './json-rpc-peer.ts';
import type { Subscription } from './listen-request.ts';
import { readReply } from './response-text.ts';

const TIMEOUT_MS = 30_000;
const DONE: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

export interface ResourceSubscriptions {
  add(uri: string): Promise<Reply>;
  /** Ends what was asked for last by one of those who asked for it. */
  remove(uri: string): Promise<Reply>;
  /** The server forgot them with its session: asks again. */
  renew(): void;
}

/** @param subscription that of a modern server; undefined for the 2025 revisions, which have a request for each resource. */
export function createResourceSubscriptions(
  peer: JsonRpcPeer,
  subscription: Subscription | undefined,
): ResourceSubscriptions {
  const counts = new Map<string, number>();
  /** Answers to those who asked first, until they are there. */
  const asking = new Map<string, Promise<Reply>>();

  const tell = async (verb: 'subscribe' | 'unsubscribe', uri: string): Promise<Reply> => {
    if (subscription === undefined) {
      const params = `"uri":${JSON.stringify(uri)}`;
      const method = `resources/${verb}`;
      return readReply(await peer.call(method, params, { timeoutMs: TIMEOUT_MS }), method);
    }
    subscription.resources([...counts.keys()]);
    return DONE;
  };

  return {
    async add(uri) {
      const count = counts.get(uri) ?? 0;
      counts.set(uri, count + 1);
      if (count > 0) return asking.get(uri) ?? DONE;
      const reply = tell('subscribe', uri);
      asking.set(uri, reply);
      try {
        const said = await reply;
        if (!said.ok) counts.delete(uri);
        return said;
      } catch (error) {
        counts.delete(uri);
        throw error;
      } finally {
        asking.delete(uri);
      }
    },
    async remove(uri) {
      const count = counts.get(uri) ?? 0;
      if (count > 1) counts.set(uri, count - 1);
      else counts.delete(uri);
      return count === 1 ? tell('unsubscribe', uri) : DONE;
    },
    renew() {
      if (subscription !== undefined) return;
      for (const uri of counts.keys()) void tell('subscribe', uri).catch(() => undefined);
    },
  };
}
