/** A link as one tenant sees it: in its turn, within the limits of the server, and never sent to one that is silent. */
import { GatewayError } from '../shared/errors.ts';
import type { Gate, Leave } from './gate.ts';
import type { Instance } from './instance.ts';
import type { ManagedLink } from './link.ts';
import { queueOf } from './sharing.ts';
import type { Link, Reply, RequestOptions, Tenant } from './types.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

/** Another connection for a call of this tenant, where each call has one of its own; undefined where there may be no more. */
export type Elsewhere = (tenant: Tenant, options: RequestOptions) => Promise<Link> | undefined;

/** A class, because every call makes one. */
export class LeasedLink implements Link {
  readonly #gate: Gate;
  readonly #instance: Instance;
  readonly #link: ManagedLink;
  readonly #tenant: Tenant | undefined;
  readonly #elsewhere: Elsewhere | undefined;

  constructor(gate: Gate, instance: Instance, link: ManagedLink, tenant?: Tenant, elsewhere?: Elsewhere) {
    this.#gate = gate;
    this.#instance = instance;
    this.#link = link;
    this.#tenant = tenant;
    this.#elsewhere = elsewhere;
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
    const began = Date.now();
    // Looked at when the call is sent: a lease may be used much later, and more than once.
    const other = this.#elsewhere && party && this.#link.busy ? this.#elsewhere(party, options) : undefined;
    if (other !== undefined) {
      const link = await other;
      return link.request(method, params, { ...options, timeoutMs: leftOf(options, began) });
    }
    instance.calls++;
    let leave: Leave | undefined;
    let sentAt = 0;
    try {
      const refusal = instance.breaker?.refusal();
      if (refusal !== undefined) throw refusal;
      const entered = this.#gate.enter(tenant === undefined ? '' : queueOf(tenant), options.timeoutMs, options.signal);
      leave = entered instanceof Promise ? await entered : entered;
      sentAt = Date.now();
      const reply = await this.#link.request(method, params, {
        timeoutMs: leftOf(options, began),
        maxTotalMs: options.maxTotalMs,
        signal: options.signal,
        onProgress: options.onProgress,
        meta: options.meta,
        headers: options.headers,
        onRequest: options.onRequest,
        onNotification: options.onNotification,
        clientCapabilities: options.clientCapabilities ?? tenant?.requestCapabilities,
        // A tool may work longer than its time-out as long as it reports progress (behaviour section 4).
        progress: method === 'tools/call',
        party,
      });
      if (!LISTING.test(method)) instance.start?.answered();
      return reply;
    } catch (error) {
      if (sentAt > 0 && error instanceof GatewayError && error.code === 'TIMEOUT') instance.breaker?.timedOut(sentAt);
      throw error;
    } finally {
      leave?.();
      instance.calls--;
      instance.usedAt = Date.now();
    }
  }

  subscribeResource(uri: string): Promise<Reply> {
    return this.#link.subscribeResource(uri);
  }

  unsubscribeResource(uri: string): Promise<Reply> {
    return this.#link.unsubscribeResource(uri);
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** Milliseconds, at least one. */
function leftOf({ timeoutMs }: RequestOptions, began: number): number {
  return Math.max(1, timeoutMs - (Date.now() - began));
}
