/**
 * The servers of another worker, as this one uses them. A lease is asked for once and used until the owner says that a
 * connection of the server is over, so that a call is one frame there and one back.
 */
import type { Socket } from 'node:net';
import type { ServerDefinition } from '../config/snapshot.ts';
import { Canceller } from '../shared/cancel.ts';
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
import { afterSending, NO_ANSWER, notSent, stillStarting, unavailable } from '../upstream/failures.ts';
import { type ErrorText, errorOf } from './error-codec.ts';
import { type Frames, frames, type Head } from './remote-frames.ts';

/** Leases that are remembered; those used longest ago are given up first. */
const MAX_LEASES = 2_000;

/** How long a lease can still be used by those that have it, once nobody gets it any more. */
const LEASE_GRACE_MS = 1_000;

/** What a request wants to hear of besides its reply: bits. */
export const WANTS = { progress: 1, requests: 2, notifications: 4 } as const;

export interface RemoteClient {
  /** @throws as `Upstreams.lease` */
  lease(server: ServerDefinition, options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection;
  /** The owner can be reached here now. */
  connect(socket: Socket): void;
  /** Asks the owner for something besides servers. @throws GatewayError SERVER_UNAVAILABLE where it cannot be reached */
  ask(what: string, value: unknown): Promise<{ readonly value: unknown; readonly body: string }>;
  close(): void;
}

export interface RemoteClientOptions {
  /** Something happened to a server of the owner: an event of `UpstreamEvents`. */
  readonly event: (kind: string, server: string, key: string, uri: string) => void;
  /** Resolves when the configuration of this worker is the one that its owner has already. */
  readonly caughtUp: () => Promise<void>;
}

interface Pending {
  readonly server: string;
  /** Of a request to a server. */
  readonly method: string | undefined;
  readonly settle: (head: Head, body: string) => void;
  readonly fail: (error: unknown) => void;
  readonly options: RequestOptions | undefined;
  /** What the server asks of this call's caller and has no answer to yet; few calls have any. */
  questions: Map<number, Canceller> | undefined;
}

/** The link of a lease: one object for all that use it. */
interface Lease extends UpstreamConnection {
  readonly id: number;
  readonly key: string;
  /** The worker that gave it; undefined for a server that the configuration has no more. */
  readonly from: Frames | undefined;
  closed: boolean;
}

export function createRemoteClient({ event, caughtUp }: RemoteClientOptions): RemoteClient {
  const pending = new Map<number, Pending>();
  /** By server and tenant, in the order of their use. */
  const leases = new Map<string, Lease>();
  let nextId = 1;
  let line: { readonly socket: Socket; readonly frames: Frames } | undefined;
  let connected = createDeferred<Frames>();
  let closed = false;

  const lost = (socket: Socket): void => {
    if (line?.socket !== socket) return;
    line = undefined;
    connected = createDeferred<Frames>();
    leases.clear();
    for (const call of [...pending.values()]) {
      const error = unavailable(call.server, 'was lost: the worker that ran it ended.');
      call.fail(call.method === undefined ? notSent(error) : afterSending(call.method, error));
    }
  };

  /** The connections that a server had are other ones now: whoever asks next gets a lease of those. */
  const forget = (key: string): void => {
    for (const [who, lease] of leases) if (lease.key === key) giveUp(who, lease);
  };

  /** The worker that gave it is still the owner, not one that was started after it. */
  const isCurrent = (lease: Lease): boolean => lease.from !== undefined && lease.from === line?.frames;

  /** Nobody gets the lease any more; who has just got it may still send its request. */
  const giveUp = (who: string, lease: Lease): void => {
    leases.delete(who);
    setTimeout(() => {
      lease.closed = true;
      if (isCurrent(lease)) lease.from?.send(['drop', lease.id]);
    }, LEASE_GRACE_MS).unref();
  };

  const take = (head: Head, body: string): void => {
    const [kind, id] = head;
    if (kind === 'event') {
      const [, what, server, key] = head as readonly [string, string, string, string];
      if (what === 'connected' || what === 'disconnected') forget(key);
      event(what, server, key, body);
      return;
    }
    const call = pending.get(id as number);
    switch (kind) {
      case 'progress':
        call?.options?.onProgress?.(body);
        break;
      case 'told':
        call?.options?.onNotification?.(head[2] as string, body);
        break;
      case 'asked':
        answer(id as number, head[2] as number, head[3] as string, body, call);
        break;
      case 'withdrawn':
        call?.questions?.get(head[2] as number)?.abort();
        break;
      default:
        call?.settle(head, body);
    }
  };

  /** A server asks the caller of this request something. */
  const answer = (id: number, n: number, method: string, params: string, call: Pending | undefined): void => {
    const withdrawn = new Canceller();
    if (call !== undefined) call.questions = (call.questions ?? new Map()).set(n, withdrawn);
    const asked = call?.options?.onRequest?.({ method, params, withdrawn }) ?? Promise.resolve(NO_ANSWER);
    void asked
      .catch(() => NO_ANSWER)
      .then((given) => {
        call?.questions?.delete(n);
        const text = given.ok ? given.result : (given.data ?? '');
        const error = given.ok ? [] : [given.code, given.message, given.data !== undefined];
        line?.frames.send(['answer', id, n, given.ok, ...error], text);
      });
  };

  /** Sends a frame and waits for the one that settles it. */
  const exchange = <T>(
    out: Frames,
    server: string,
    make: (id: number) => readonly [Head, string],
    read: (head: Head, body: string) => T,
    options?: RequestOptions,
    method?: string,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted) return reject(signal.reason);
      const id = nextId++;
      const end = (): void => {
        pending.delete(id);
        signal?.removeEventListener('abort', aborted);
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const aborted = (): void => {
        out.send(['abort', id]);
        fail(method === undefined ? signal?.reason : afterSending(method, signal?.reason));
      };
      const settle = (head: Head, body: string): void => {
        end();
        if (head[0] === 'failed') reject(errorOf(head[2] as ErrorText));
        else resolve(read(head, body));
      };
      pending.set(id, { server, method, settle, fail, options, questions: undefined });
      signal?.addEventListener('abort', aborted, { once: true });
      out.send(...make(id));
    });

  const request = (
    name: string,
    lease: Lease,
    method: string,
    params: string,
    options: RequestOptions,
  ): Promise<Reply> => {
    const out = lease.from;
    if (out === undefined || lease.closed || !isCurrent(lease)) {
      return Promise.reject(unavailable(name, 'was disconnected; the call was not sent. Try again.'));
    }
    const { timeoutMs, meta = '', headers, clientCapabilities } = options;
    const wants =
      (options.onProgress === undefined ? 0 : WANTS.progress) |
      (options.onRequest === undefined ? 0 : WANTS.requests) |
      (options.onNotification === undefined ? 0 : WANTS.notifications);
    const lastsMs = Number.isFinite(timeoutMs) ? timeoutMs : null;
    const make = (id: number) =>
      [
        ['call', id, lease.id, method, lastsMs, wants, params.length, headers ?? null, clientCapabilities ?? null],
        params + meta,
      ] as const;
    return exchange(out, name, make, readReply, options, method);
  };

  const resource = (name: string, lease: Lease, uri: string, add: boolean): Promise<Reply> => {
    const out = lease.from;
    if (out === undefined || lease.closed || !isCurrent(lease)) {
      return Promise.reject(unavailable(name, 'was disconnected. Try again.'));
    }
    return exchange(out, name, (id) => [['resource', id, lease.id, add], uri], readReply);
  };

  const leaseOf = (
    { name, key }: ServerDefinition,
    from: Frames | undefined,
    id: number,
    facts: ServerFacts,
  ): Lease => {
    const lease: Lease = {
      id,
      key,
      from,
      facts,
      closed: from === undefined,
      request: (method, params, options) => request(name, lease, method, params, options),
      subscribeResource: (uri) => resource(name, lease, uri, true),
      unsubscribeResource: (uri) => resource(name, lease, uri, false),
      // Connections belong to their owner.
      close: () => Promise.resolve(),
    };
    return lease;
  };

  const known = (who: string): Lease | undefined => {
    const lease = leases.get(who);
    if (lease === undefined) return undefined;
    leases.delete(who);
    leases.set(who, lease);
    return lease;
  };

  /** @returns the one to use: another call may have asked for the same at the same time. */
  const remember = (who: string, made: Lease): Lease => {
    const same = leases.get(who);
    if (same !== undefined) {
      line?.frames.send(['drop', made.id]);
      return same;
    }
    for (const [oldest, lease] of leases) {
      if (leases.size < MAX_LEASES) break;
      giveUp(oldest, lease);
    }
    leases.set(who, made);
    return made;
  };

  const ask = async (server: ServerDefinition, who: string, options: LeaseOptions): Promise<UpstreamConnection> => {
    const { timeoutMs, signal, tenant, listing } = options;
    const until = performance.now() + timeoutMs;
    const left = (): number => Math.max(1, until - performance.now());
    for (;;) {
      if (closed) throw unavailable(server.name, 'is not available: the gateway is stopping.');
      const late = (): GatewayError => stillStarting(server.name, timeoutMs);
      const out = await waitFor(connected.promise, left(), signal, late);
      const before = line;
      try {
        const lease = await exchange(
          out,
          server.name,
          (id) => [['lease', id, server.name, server.key, left(), listing === true, tenant ?? null], ''],
          // At once: the next frame may say that it is over.
          ([kind, , id, facts]) =>
            kind === 'changed' ? undefined : remember(who, leaseOf(server, out, id as number, facts as ServerFacts)),
          { timeoutMs, signal },
        );
        if (lease !== undefined) return lease;
        // Whoever asked looks at the configuration again before anything is sent.
        await caughtUp();
        return leaseOf(server, undefined, 0, NO_FACTS);
      } catch (error) {
        // Nothing was forwarded: what was lost with its worker is asked of the next one.
        if (line === before || signal?.aborted || performance.now() >= until) throw error;
      }
    }
  };

  return {
    lease(server, options) {
      const { tenant, listing } = options;
      const who = `${server.key}\n${listing === true}\n${tenant === undefined ? '' : nameOf(tenant)}`;
      return known(who) ?? ask(server, who, options);
    },
    connect(socket) {
      const before = line?.socket;
      if (before !== undefined) lost(before);
      before?.destroy();
      const out = frames(socket, take);
      line = { socket, frames: out };
      socket.once('close', () => lost(socket));
      connected.resolve(out);
    },
    async ask(what, value) {
      const out = line?.frames;
      if (out === undefined) throw new GatewayError('SERVER_UNAVAILABLE', 'Another worker is not there. Try again.');
      return exchange(
        out,
        '',
        (id) => [['ask', id, what, value], ''],
        (head, body) => ({ value: head[2], body }),
      );
    },
    close() {
      closed = true;
      line?.socket.destroy();
    },
  };
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

function nameOf({ principal, agent, session, capabilities, requestCapabilities }: Tenant): string {
  return `${principal}\n${agent}\n${session ?? ''}\n${capabilities}\n${requestCapabilities}`;
}

function readReply(head: Head, body: string): Reply {
  const [, , ok, ...rest] = head;
  if (ok === true) {
    const [metaAt, resultType, isError, ttlMs] = rest as [number, string, boolean, number | null];
    return { ok, result: { text: body, metaAt, resultType, isError, ttlMs: ttlMs ?? undefined } };
  }
  const [code, message, hasData] = rest as [number, string, boolean];
  return { ok: false, code, message, ...(hasData ? { data: body } : {}) };
}
