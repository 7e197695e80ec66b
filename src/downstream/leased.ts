/** A link as one tenant sees it: in its turn, within the limits of the server, and never sent to one that is silent. */
import { GatewayError } from '../shared/errors.ts';
import type { Gate } from './gate.ts';
import type { Instance } from './instance.ts';
import type { ManagedLink } from './link.ts';
import { partyOf } from './sharing.ts';
import type { Link, Tenant } from './types.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

export function leasedLink(gate: Gate, instance: Instance, link: ManagedLink, tenant: Tenant | undefined): Link {
  const who = tenant === undefined ? {} : { party: partyOf(tenant), clientCapabilities: tenant.capabilities };
  const agent = tenant === undefined ? '' : `${tenant.principal}\n${tenant.agent}`;
  return {
    get facts() {
      return link.facts;
    },
    get closed() {
      return link.closed;
    },
    async request(method, params, options) {
      instance.calls++;
      let leave: (() => void) | undefined;
      let sentAt = 0;
      try {
        const refusal = instance.breaker?.refusal();
        if (refusal !== undefined) throw refusal;
        const began = Date.now();
        const entered = gate.enter(agent, options.timeoutMs, options.signal);
        leave = entered instanceof Promise ? await entered : entered;
        sentAt = Date.now();
        const left = Math.max(1, options.timeoutMs - (sentAt - began));
        const reply = await link.request(method, params, { ...who, ...options, timeoutMs: left });
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
    },
    subscribeResource: link.subscribeResource,
    unsubscribeResource: link.unsubscribeResource,
    close: link.close,
  };
}
