/** A link as one tenant sees it: in its turn, within the limits of the server, and never sent to one that is silent. */
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Reply, RequestOptions, Tenant, UpstreamConnection } from '../contract.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import type { ConcurrencyLimiter, Leave } from './concurrency-limiter.ts';
import { toldTo } from './last-output.ts';
import type { PooledConnection } from './pooled-connection.ts';
import { queueOf } from './sharing.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

/** The connection of one call, and its link once it is up. */
export interface Place {
  readonly instance: PooledConnection;
  readonly link: Promise<ManagedConnection> | ManagedConnection;
}

/** Where each call has a connection of its own: chooses one for a call of this tenant. @throws GatewayError RATE_LIMITED */
export type Choose = (tenant: Tenant, timeoutMs: number, signal: CancelSignal | undefined) => Place;

/** A class, because every call makes one. */
export class LeasedConnection implements UpstreamConnection {
  readonly #limiter: ConcurrencyLimiter;
  readonly #instance: PooledConnection;
  readonly #link: ManagedConnection;
  readonly #tenant: Tenant | undefined;
  readonly #choose: Choose | undefined;

  constructor(
    limiter: ConcurrencyLimiter,
    instance: PooledConnection,
    link: ManagedConnection,
    tenant?: Tenant,
    choose?: Choose,
  ) {
    this.#limiter = limiter;
    this.#instance = instance;
    this.#link = link;
    this.#tenant = tenant;
    this.#choose = choose;
  }

  get facts() {
    return this.#link.facts;
  }

  get closed() {
    return this.#link.closed;
  }

  async request(method: string, params: string, options: RequestOptions): Promise<Reply> {
    const instance = this.#instance;
    const tenant = this.#tenant;
    // What the gateway wants to know for itself, as lists, is no call of a caller.
    const party = options.onRequest === undefined && options.onNotification === undefined ? undefined : tenant;
    const began = performance.now();
    instance.calls++;
    let leave: Leave | undefined;
    let chosen: PooledConnection | undefined;
    let sentAt = 0;
    try {
      const refusal = instance.breaker?.refusal();
      if (refusal !== undefined) throw refusal;
      const entered = this.#limiter.enter(
        tenant === undefined ? '' : queueOf(tenant),
        options.timeoutMs,
        options.signal,
      );
      leave = entered instanceof Promise ? await entered : entered;
      let link = this.#link;
      if (this.#choose !== undefined && party !== undefined) {
        // Only now, in its turn: those that waited together must not all choose the one that was free then.
        const place = this.#choose(party, leftOf(options, began, performance.now()), options.signal);
        chosen = place.instance;
        chosen.calls++;
        chosen.running++;
        link = place.link instanceof Promise ? await place.link : place.link;
        chosen.served = true;
      }
      sentAt = performance.now();
      const reply = await link.request(method, params, {
        timeoutMs: leftOf(options, began, sentAt),
        signal: options.signal,
        onProgress: options.onProgress,
        meta: options.meta,
        headers: options.headers,
        onRequest: options.onRequest,
        onNotification: options.onNotification,
        clientCapabilities: options.clientCapabilities ?? tenant?.requestCapabilities,
        // A tool may work longer than its time-out as long as it reports progress (docs/operations.md, Servers).
        progress: method === 'tools/call',
        caller: party,
      });
      if (!LISTING.test(method)) instance.start?.answered();
      return reply;
    } catch (error) {
      if (sentAt > 0 && error instanceof GatewayError && error.code === 'TIMEOUT') instance.breaker?.timedOut(sentAt);
      throw toldTo(error, chosen ?? instance, tenant, party === undefined);
    } finally {
      leave?.();
      instance.calls--;
      instance.usedAt = performance.now();
      if (chosen !== undefined) {
        chosen.calls--;
        chosen.running--;
        chosen.usedAt = instance.usedAt;
      }
    }
  }

  subscribeResource(uri: string): Promise<Reply> {
    return this.#told(this.#link.subscribeResource(uri));
  }

  unsubscribeResource(uri: string): Promise<Reply> {
    return this.#told(this.#link.unsubscribeResource(uri));
  }

  #told(reply: Promise<Reply>): Promise<Reply> {
    return reply.catch((error: unknown) => {
      throw toldTo(error, this.#instance, this.#tenant);
    });
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** Milliseconds, at least one. */
function leftOf({ timeoutMs }: RequestOptions, began: number, now: number): number {
  return Math.max(1, timeoutMs - (now - began));
}
