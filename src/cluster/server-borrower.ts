/**
 * The servers of another worker, as this one uses them. A lease is asked for once and used until the owner says that a
 * connection of the server is over, so that a call is one frame there and one back.
 */
import type { Socket } from 'node:net';
import type { ServerDefinition } from '../config/snapshot.ts';
import { createDeferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import { waitFor } from '../shared/wait-for.ts';
import type {
  LeaseOptions,
  Reply,
  RequestOptions,
  ServerFacts,
  Tenant,
  UpstreamConnection,
} from '../upstream/contract.ts';
import { stillStarting, unavailable } from '../upstream/failures.ts';
import { RemoteExchanges } from './remote-exchanges.ts';
import { type Frames, frames, type Head } from './remote-frames.ts';
import { type RemoteLease, RemoteLeases } from './remote-leases.ts';
import { decodeReply } from './reply-codec.ts';

/** The notifications that a request wants besides its reply: bits. */
export const WANTS = { progress: 1, requests: 2, notifications: 4 } as const;

interface ServerBorrowerOptions {
  /** Something happened to a server of the owner: an event of `UpstreamEvents`. */
  readonly event: (kind: string, server: string, key: string, uri: string) => void;
  /** The owner is another process now: all connections of its servers are other ones, and nobody hears of those made before it could be reached. */
  readonly replaced: () => void;
  /** Resolves when the configuration of this worker is the one that its owner has already. */
  readonly caughtUp: () => Promise<void>;
}

/** The connection of a lease: one object for all that use it. */
interface Lease extends UpstreamConnection, RemoteLease {
  closed: boolean;
}

export class ServerBorrower {
  readonly #options: ServerBorrowerOptions;
  readonly #exchanges = new RemoteExchanges();
  readonly #leases = new RemoteLeases<Lease>(() => this.#way?.frames);
  #way: { readonly socket: Socket; readonly frames: Frames } | undefined;
  #connected = createDeferred<Frames>();
  #wasConnected = false;
  #isClosed = false;

  constructor(options: ServerBorrowerOptions) {
    this.#options = options;
  }

  /** @throws as `Upstreams.lease` */
  lease(server: ServerDefinition, options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection {
    const { tenant, listing } = options;
    const who = `${server.key}\n${listing === true}\n${tenant === undefined ? '' : nameOf(tenant)}`;
    return this.#leases.find(who) ?? this.#askForLease(server, who, options);
  }

  /** As `Upstreams.notify`. */
  notify(server: ServerDefinition, tenant: Tenant, method: string, params: string): void {
    this.#way?.frames.send(['notify', 0, server.name, server.key, tenant, method], params);
  }

  /** The owner can be reached here now. */
  connect(socket: Socket): void {
    const before = this.#way?.socket;
    if (before !== undefined) this.#disconnected(before);
    before?.destroy();
    const out: Frames = frames(socket, (head, body) => this.#receive(out, head, body));
    this.#way = { socket, frames: out };
    socket.once('close', () => this.#disconnected(socket));
    this.#connected.resolve(out);
    if (this.#wasConnected) this.#options.replaced();
    this.#wasConnected = true;
  }

  /** Asks the owner for something besides servers. @throws GatewayError SERVER_UNAVAILABLE where it cannot be reached */
  async ask(what: string, value: unknown): Promise<{ readonly value: unknown; readonly body: string }> {
    const out = this.#way?.frames;
    if (out === undefined) throw new GatewayError('SERVER_UNAVAILABLE', 'Another worker is not running. Try again.');
    return this.#exchanges.ask(out, {
      server: '',
      frame: (id) => [['ask', id, what, value], ''],
      read: (head, body) => ({ value: head[2], body }),
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#way?.socket.destroy();
  }

  #receive(out: Frames, head: Head, body: string): void {
    if (head[0] !== 'event') {
      this.#exchanges.receive(out, head, body);
      return;
    }
    const [, kind, server, key] = head as readonly [string, string, string, string];
    if (kind === 'connected' || kind === 'disconnected') this.#leases.forget(key);
    this.#options.event(kind, server, key, body);
  }

  #disconnected(socket: Socket): void {
    if (this.#way?.socket !== socket) return;
    this.#way = undefined;
    this.#connected = createDeferred<Frames>();
    this.#leases.clear();
    this.#exchanges.failAll();
  }

  async #askForLease(server: ServerDefinition, who: string, options: LeaseOptions): Promise<UpstreamConnection> {
    const { timeoutMs, signal, tenant, listing } = options;
    const until = performance.now() + timeoutMs;
    const left = (): number => Math.max(1, until - performance.now());
    for (;;) {
      if (this.#isClosed) throw unavailable(server.name, 'is not available: the gateway is stopping.');
      const late = (): GatewayError => stillStarting(server.name, timeoutMs);
      const out = await waitFor(this.#connected.promise, left(), signal, late);
      const way = this.#way;
      try {
        const lease = await this.#exchanges.ask(out, {
          server: server.name,
          options: { timeoutMs, signal },
          frame: (id) => [['lease', id, server.name, server.key, left(), listing === true, tenant ?? null], ''],
          // Remembered at once: the next frame may say that it is over.
          read: ([kind, , id, facts]) =>
            kind === 'changed'
              ? undefined
              : this.#leases.remember(who, this.#leaseOf(server, out, id as number, facts as ServerFacts)),
        });
        if (lease !== undefined) return lease;
        // Whoever asked looks at the configuration again before anything is sent.
        await this.#options.caughtUp();
        return this.#leaseOf(server, undefined, 0, NO_FACTS);
      } catch (error) {
        // Nothing was forwarded: what was lost with its worker is asked of the next one.
        if (this.#way === way || signal?.aborted || performance.now() >= until) throw error;
      }
    }
  }

  #leaseOf({ name, key }: ServerDefinition, from: Frames | undefined, id: number, facts: ServerFacts): Lease {
    const lease: Lease = {
      id,
      key,
      from,
      facts,
      closed: from === undefined,
      request: (method, params, options) => this.#request(name, lease, method, params, options),
      subscribeResource: (uri) => this.#subscribe(name, lease, uri, true),
      unsubscribeResource: (uri) => this.#subscribe(name, lease, uri, false),
      watchTask: (id) => this.#watchTask(name, lease, id),
      // Connections belong to their owner.
      close: () => Promise.resolve(),
    };
    return lease;
  }

  #request(server: string, lease: Lease, method: string, params: string, options: RequestOptions): Promise<Reply> {
    const out = this.#leases.wayOf(lease);
    if (out === undefined) {
      return Promise.reject(unavailable(server, 'was disconnected; the call was not sent. Try again.'));
    }
    const { timeoutMs, meta = '', headers, clientCapabilities, definition, trace, task } = options;
    const lastsMs = Number.isFinite(timeoutMs) ? timeoutMs : null;
    const wants = wantsOf(options);
    const frame = (id: number): readonly [Head, string] => [
      [
        'call',
        id,
        lease.id,
        method,
        lastsMs,
        wants,
        params.length,
        headers ?? null,
        clientCapabilities ?? null,
        definition ?? null,
        trace === undefined ? null : [trace.traceparent, trace.tracestate],
        task ?? null,
      ],
      params + meta,
    ];
    return this.#exchanges.ask(out, { server, method, options, frame, read: decodeReply });
  }

  #subscribe(server: string, lease: Lease, uri: string, isSubscribe: boolean): Promise<Reply> {
    const out = this.#leases.wayOf(lease);
    if (out === undefined) return Promise.reject(unavailable(server, 'was disconnected. Try again.'));
    const frame = (id: number): readonly [Head, string] => [['resource', id, lease.id, isSubscribe], uri];
    return this.#exchanges.ask(out, { server, frame, read: decodeReply });
  }

  #watchTask(server: string, lease: Lease, task: string): Promise<boolean> {
    const out = this.#leases.wayOf(lease);
    if (out === undefined) return Promise.resolve(false);
    const frame = (id: number): readonly [Head, string] => [['task', id, lease.id], task];
    return this.#exchanges.ask(out, { server, frame, read: (head) => head[2] === true });
  }
}

/** Of a server that the configuration has no more. */
const NO_FACTS: ServerFacts = {
  era: 'legacy',
  revision: '',
  name: undefined,
  version: undefined,
  info: {},
  instructions: undefined,
  capabilities: {},
  text: '{}',
};

function nameOf({ owner, agent, session, capabilities, requestCapabilities }: Tenant): string {
  return `${owner}\n${agent}\n${session ?? ''}\n${capabilities}\n${requestCapabilities}`;
}

function wantsOf({ onProgress, onRequest, onNotification }: RequestOptions): number {
  return (
    (onProgress === undefined ? 0 : WANTS.progress) |
    (onRequest === undefined ? 0 : WANTS.requests) |
    (onNotification === undefined ? 0 : WANTS.notifications)
  );
}
