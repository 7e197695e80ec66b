/** A connection as one tenant sees it: in its turn, within the limits of the server, and never used while the server is silent. */
import type { CallTimes } from '../../observe/call-times.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Reply, RequestOptions, Tenant, UpstreamConnection } from '../contract.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import type { ConcurrencyLimiter, Leave } from './concurrency-limiter.ts';
import { errorFor } from './last-output.ts';
import type { PooledConnection } from './pooled-connection.ts';
import { queueOf } from './sharing.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

/** The connection that one call has for itself, once it is up. */
export interface SoleConnection {
  readonly pooled: PooledConnection;
  readonly connection: Promise<ManagedConnection> | ManagedConnection;
}

/** The part that all leases of one server have in common. */
export interface LeaseTerms {
  readonly limiter: ConcurrencyLimiter;
  /** Takes a connection for a call of this tenant, where each call has one of its own. @throws GatewayError RATE_LIMITED */
  readonly takeSole:
    | ((tenant: Tenant, timeoutMs: number, signal: CancelSignal | undefined) => SoleConnection)
    | undefined;
}

/** A class, because every call makes one. */
export class LeasedConnection implements UpstreamConnection {
  readonly #terms: LeaseTerms;
  readonly #pooled: PooledConnection;
  readonly #connection: ManagedConnection;
  readonly #tenant: Tenant | undefined;

  constructor(terms: LeaseTerms, pooled: PooledConnection, connection: ManagedConnection, tenant: Tenant | undefined) {
    this.#terms = terms;
    this.#pooled = pooled;
    this.#connection = connection;
    this.#tenant = tenant;
  }

  get facts() {
    return this.#connection.facts;
  }

  get closed() {
    return this.#connection.closed;
  }

  async request(method: string, params: string, options: RequestOptions): Promise<Reply> {
    const { limiter, takeSole } = this.#terms;
    const pooled = this.#pooled;
    const tenant = this.#tenant;
    // Requests of the gateway for itself, as lists, are no calls of a caller.
    const caller = options.onRequest === undefined && options.onNotification === undefined ? undefined : tenant;
    const startedAt = performance.now();
    pooled.calls++;
    let leave: Leave | undefined;
    let sole: PooledConnection | undefined;
    let sentAt = 0;
    try {
      const refusal = pooled.breaker?.refusal();
      if (refusal !== undefined) throw refusal;
      const agent = tenant === undefined ? '' : queueOf(tenant);
      const entry = limiter.enter(agent, options.timeoutMs, options.signal);
      leave = entry instanceof Promise ? await entry : entry;
      let connection = this.#connection;
      if (takeSole !== undefined && caller !== undefined) {
        // Only now, in its turn: those that waited together must not all take the one that was free then.
        const own = takeSole(caller, leftOf(options, startedAt, performance.now()), options.signal);
        sole = own.pooled;
        sole.calls++;
        sole.soleCalls++;
        connection = own.connection instanceof Promise ? await own.connection : own.connection;
        sole.hasServed = true;
      }
      sentAt = performance.now();
      const reply = await connection.request(method, params, {
        timeoutMs: leftOf(options, startedAt, sentAt),
        signal: options.signal,
        onProgress: options.onProgress,
        meta: options.meta,
        trace: options.trace,
        headers: options.headers,
        definition: options.definition,
        task: options.task,
        onRequest: options.onRequest,
        onNotification: options.onNotification,
        clientCapabilities: options.clientCapabilities ?? tenant?.requestCapabilities,
        // A tool may work longer than its time-out as long as it reports progress (docs/operations.md, Servers).
        progress: method === 'tools/call',
        caller,
      });
      if (!LISTING.test(method)) pooled.start?.answered();
      return reply;
    } catch (error) {
      const isTimeout = error instanceof GatewayError && error.code === 'TIMEOUT';
      if (sentAt > 0 && isTimeout) pooled.breaker?.countTimeout(sentAt);
      throw errorFor(error, sole ?? pooled, tenant, caller === undefined);
    } finally {
      leave?.();
      pooled.calls--;
      const endedAt = performance.now();
      pooled.usedAt = endedAt;
      if (options.times !== undefined) addTimes(options.times, startedAt, sentAt, endedAt);
      if (sole !== undefined) {
        sole.calls--;
        sole.soleCalls--;
        sole.usedAt = pooled.usedAt;
      }
    }
  }

  subscribeResource(uri: string): Promise<Reply> {
    return this.#connection.subscribeResource(uri).catch((error: unknown) => {
      throw errorFor(error, this.#pooled, this.#tenant);
    });
  }

  unsubscribeResource(uri: string): Promise<Reply> {
    return this.#connection.unsubscribeResource(uri).catch((error: unknown) => {
      throw errorFor(error, this.#pooled, this.#tenant);
    });
  }

  watchTask(id: string): Promise<boolean> {
    return this.#connection.watchTask(id);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** @param sentAt 0 where it was not sent */
function addTimes(times: CallTimes, startedAt: number, sentAt: number, endedAt: number): void {
  times.queue += (sentAt > 0 ? sentAt : endedAt) - startedAt;
  if (sentAt > 0) times.server += endedAt - sentAt;
}

/** Milliseconds that a request has left, at least one. */
function leftOf({ timeoutMs }: RequestOptions, startedAt: number, now: number): number {
  return Math.max(1, timeoutMs - (now - startedAt));
}
