/** A live connection, made from a peer that has shaken hands. */
import { CATALOGUE, GatewayError } from '../../shared/errors.ts';
import { refusedStatus } from '../channel/http-refusal.ts';
import type { Reply, ServerFacts, Timing, UpstreamConnection } from '../contract.ts';
import { unavailable } from '../failures.ts';
import type { JsonRpcPeer, Reader } from './json-rpc-peer.ts';
import type { CallOptions } from './pending-requests.ts';
import type { ResourceSubscriptions } from './resource-subscriptions.ts';
import { readReply } from './response-text.ts';

/** What the pool needs besides the contract. */
export interface ManagedConnection extends UpstreamConnection {
  request(method: string, params: string, options: CallOptions): Promise<Reply>;
  /** Sends a notification; `params` is the inner text. */
  notify(method: string, params: string): void;
  /** When the server last said anything, in milliseconds of `performance.now`. */
  readonly heardAt: number;
  /** As of its peer. */
  readonly busy: boolean;
  readonly timing: Timing;
  /** Asks whether the server is alive: true unless it is silent for `ms` milliseconds. */
  ping(ms: number): Promise<boolean>;
  /** Closes with an error that says why. */
  end(why: GatewayError): Promise<void>;
  kill(): void;
}

const REFUSALS: ReadonlySet<unknown> = new Set([400, 404, 405]);

export interface ConnectionParts {
  readonly server: string;
  readonly peer: JsonRpcPeer;
  readonly facts: () => ServerFacts;
  readonly timing: Timing;
  readonly resources: ResourceSubscriptions;
  /** The server no longer speaks the revision that was agreed: the next connection must find out again. */
  readonly outdated: () => void;
}

export function createConnection({
  server,
  peer,
  facts,
  timing,
  resources,
  outdated,
}: ConnectionParts): ManagedConnection {
  const end = (): GatewayError => {
    const error = unavailable(server, 'speaks another revision of the protocol than before.');
    outdated();
    void peer.close(error);
    return error;
  };

  const reader: Reader<Reply> = {
    answered(message, method) {
      const reply = readReply(message, method);
      // So a server says that it does not speak what was agreed with it (2026-07-28, basic/versioning).
      if (!reply.ok && reply.code === CATALOGUE.UNSUPPORTED_PROTOCOL_VERSION.rpc) throw end();
      return reply;
    },
    failed: (error) => (facts().era === 'modern' && REFUSALS.has(refusedStatus(error)) ? end() : error),
  };

  return {
    get facts() {
      return facts();
    },
    request: (method, params, options) => peer.request(method, params, options, reader),
    notify: (method, params) => peer.notify(method, params),
    subscribeResource: (uri) => resources.add(uri),
    unsubscribeResource: (uri) => resources.remove(uri),
    get closed() {
      return peer.closed !== undefined;
    },
    timing,
    get heardAt() {
      return peer.heardAt;
    },
    get busy() {
      return peer.busy;
    },
    ping: async (timeoutMs) => {
      try {
        await peer.call(facts().era === 'modern' ? 'server/discover' : 'ping', '', { timeoutMs });
        return true;
      } catch (error) {
        return !(error instanceof GatewayError && error.code === 'TIMEOUT');
      }
    },
    end: (why) => peer.close(why),
    close: () => peer.close(unavailable(server, 'was disconnected by the gateway.')),
    kill: () => peer.kill(),
  };
}
