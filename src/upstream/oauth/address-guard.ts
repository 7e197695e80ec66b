/** Checks addresses that a server names for the gateway to ask: they could be of what only insiders can ask. */
import { isIP } from 'node:net';
import { isLoopback } from '../../config/settings.ts';
import type { HttpDefinition } from '../../config/snapshot.ts';
import { isLoopbackAddress, isPublicAddress } from './ip-addresses.ts';

export interface AddressGuardOptions {
  /** The address of the server, as its owner wrote it into its entry. */
  readonly configured: URL;
  /** Hosts that the owner named besides; they may be in a private network. */
  readonly trusted?: readonly string[] | undefined;
  /** True where the server itself may be reached without TLS. */
  readonly allowHttp?: boolean | undefined;
  /** Path to a PEM file of the entry. */
  readonly ca?: string | undefined;
  /** For tests, which reach nothing public. */
  readonly isPublic?: ((address: string) => boolean) | undefined;
}

/** The places that the owner wrote into an entry, of the server and of its sign-in: either may be in a private network. */
export function guardOptionsOf({ url, oauth, ca }: HttpDefinition): AddressGuardOptions {
  const named = [oauth?.issuer, oauth?.identityProvider?.issuer].filter((issuer) => issuer !== undefined);
  const trusted = named.map((issuer) => new URL(issuer).hostname);
  const { allowHttp } = oauth ?? {};
  return { configured: new URL(url), trusted, allowHttp, ...(ca === undefined ? {} : { ca }) };
}

export interface AddressGuard {
  /** Says what is wrong with an address as it is written, as the end of a sentence; undefined where it may be looked up. */
  objection(url: URL): string | undefined;
  /** The same for one IP address that the host of `url` has. */
  objectionTo(address: string, url: URL): string | undefined;
}

export function createAddressGuard({
  configured,
  trusted = [],
  allowHttp = false,
  isPublic = isPublicAddress,
}: AddressGuardOptions): AddressGuard {
  const home = hostOf(configured);
  const onLoopback = isLoopbackHost(home);
  const trustedHosts = new Set(trusted.map((host) => host.toLowerCase()));

  /** Its owner put the server there: a private network is no surprise. */
  const isHome = (url: URL): boolean => {
    const host = hostOf(url);
    if (trustedHosts.has(host)) return true;
    // The server itself decides where its name points to. At its own port that gives it nothing: calls go there too.
    return host === home && (isIP(bare(host)) !== 0 || url.port === configured.port);
  };

  const objectionTo = (address: string, url: URL): string | undefined => {
    if (isLoopbackHost(hostOf(url))) {
      if (!onLoopback) return 'it is this machine, and the server is elsewhere';
      return isLoopbackAddress(address) ? undefined : 'its name means this machine, but its address does not';
    }
    if (isHome(url) || isPublic(address)) return undefined;
    return 'its address is not on the public internet';
  };

  return {
    objectionTo,
    objection(url) {
      const host = hostOf(url);
      if (url.username !== '' || url.password !== '') return 'it has a user name in it';
      const mayBePlain =
        (onLoopback && isLoopbackHost(host)) || (allowHttp && host === home && url.port === configured.port);
      if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain)) return 'only https is safe there';
      if (isLoopbackHost(host) && !onLoopback) return objectionTo('', url);
      return isIP(bare(host)) === 0 ? undefined : objectionTo(bare(host), url);
    },
  };
}

/** The host as the URL parser wrote it, numbers in any spelling resolved; a final dot means nothing more. */
function hostOf(url: URL): string {
  return url.hostname.replace(/\.$/, '');
}

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** Names that mean this machine whatever a resolver says (RFC 6761, section 6.3), and its addresses. */
function isLoopbackHost(host: string): boolean {
  return isLoopback(host) || host.endsWith('.localhost');
}
