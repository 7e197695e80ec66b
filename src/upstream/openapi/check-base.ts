/** Looks at the place of an API that only its document names. */
import { lookup } from 'node:dns/promises';
import { proxyFor } from '../channel/egress-proxy.ts';
import { unavailable } from '../failures.ts';
import { isPublicAddress } from '../oauth/ip-addresses.ts';

/** All addresses of a name. */
export type ResolveName = (host: string) => Promise<readonly { readonly address: string }[]>;

/**
 * A document that somebody else wrote must not lead requests into a private network: what is there its owner has to say.
 * @throws GatewayError SERVER_UNAVAILABLE
 */
export async function checkBase(server: string, base: string, resolve: ResolveName = resolveAll): Promise<void> {
  const { hostname } = new URL(base);
  // A proxy looks names up itself; those that are not known here are for it to know.
  const found = await resolve(hostname.replace(/^\[|\]$/g, '')).catch((error: unknown) => {
    if (proxyFor(new URL(base)) !== undefined) return [];
    throw unavailable(server, `cannot be reached: ${hostname} has no address.`, { cause: error });
  });
  if (found.every(({ address }) => isPublicAddress(address))) return;
  const what = `was not connected: its OpenAPI document names ${hostname}, which is not on the public internet. Add "url": "${base}" to the entry if that is meant.`;
  throw unavailable(server, what, { data: { config: true } });
}

function resolveAll(host: string): ReturnType<ResolveName> {
  return lookup(host, { all: true });
}
