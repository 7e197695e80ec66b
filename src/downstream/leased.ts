/** A link as one tenant sees it: in its turn, within the limits of the server, and never sent to one that is silent. */
import { GatewayError } from '../shared/errors.ts';
import type { Gate, Leave } from './gate.ts';
import type { Instance } from './instance.ts';
import type { ManagedLink } from './link.ts';
import { queueOf } from './sharing.ts';
import type { Link, Reply, RequestOptions, Tenant } from './types.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

/** A class, because every call makes one. */
export class LeasedLink implements Link {
  readonly #gate: Gate;
  readonly #instance: Instance;
  readonly #link: ManagedLink;
  readonly #tenant: Tenant | undefined;

  constructor(gate: Gate, instance: Instance, link: ManagedLink, tenant: Tenant | undefined) {
    this.#gate = gate;
    this.#instance = instance;
    this.#link = link;
    this.#tenant = tenant;
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
    instance.calls++;
    let leave: Leave | undefined;
    let sentAt = 0;
    try {
      const refusal = instance.breaker?.refusal();
      if (refusal !== undefined) throw refusal;
      const began = Date.now();
      const entered = this.#gate.enter(tenant === undefined ? '' : queueOf(tenant), options.timeoutMs, options.signal);
      leave = entered instanceof Promise ? await entered : entered;
      sentAt = Date.now();
      const reply = await this.#link.request(method, params, {
        timeoutMs: Math.max(1, options.timeoutMs - (sentAt - began)),
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
        party: tenant,
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
