/** Names of authorization servers: which are one, and which belong to whom. */
import { getDomain } from 'tldts';
import { isLoopback } from '../../config/settings.ts';

/** One issuer, written with or without the slash of an address that has no path. */
export function isSameIssuer(one: string, other: string): boolean {
  return withoutSlash(one) === withoutSlash(other);
}

function withoutSlash(issuer: string): string {
  return /^https?:\/\/[^/?#]+\/$/.test(issuer) ? issuer.slice(0, -1) : issuer;
}

/**
 * Who an address belongs to: its registrable domain. Names below those that are given out to strangers (`*.vercel.app`) belong to
 * somebody else each; a host without such a domain stands for itself, whatever the port, and this machine has one name.
 */
export function siteOf(address: string): string {
  const hostname = new URL(address).hostname.replace(/\.$/, '');
  if (isLoopback(hostname)) return 'localhost';
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}

export function isSameSite(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && siteOf(one) === siteOf(other);
}

/** An address as it may be shown: it comes from the server. */
export function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : 'without an address';
}
