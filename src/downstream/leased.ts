/** A link as one tenant sees it. */
import type { Instance } from './instance.ts';
import type { ManagedLink } from './link.ts';
import { partyOf } from './sharing.ts';
import type { Link, Tenant } from './types.ts';

/** Methods whose answer does not show that a server works: it may still fail at every call. */
const LISTING = /\/list$/;

/** Wraps the link of an instance: counts its calls, and says for whom they are. */
export function leasedLink(instance: Instance, link: ManagedLink, tenant: Tenant | undefined): Link {
  const who = tenant === undefined ? undefined : { party: partyOf(tenant), clientCapabilities: tenant.capabilities };
  return {
    get facts() {
      return link.facts;
    },
    get closed() {
      return link.closed;
    },
    async request(method, params, options) {
      instance.calls++;
      try {
        const reply = await link.request(method, params, who === undefined ? options : { ...who, ...options });
        if (!LISTING.test(method)) instance.start?.answered();
        return reply;
      } finally {
        instance.calls--;
        instance.usedAt = Date.now();
      }
    },
    subscribeResource: link.subscribeResource,
    unsubscribeResource: link.unsubscribeResource,
    close: link.close,
  };
}
