/** The owner of an address. Its list of domains is large: it is loaded with what a sign-in needs, and not at the start. */

import { getDomain } from 'tldts';
import { isLoopback } from '../../config/settings.ts';
import { isUrl } from '../../shared/parse-url.ts';

/**
 * The owner of an address: its registrable domain. Names below those that are given out to strangers (`*.vercel.app`) belong to
 * somebody else each; a host without such a domain stands for itself, whatever the port, and this machine has one name.
 */
function siteOf(address: string): string {
  const hostname = new URL(address).hostname.replace(/\.$/, '');
  if (isLoopback(hostname)) return 'localhost';
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}

export function isSameSite(one: string, other: string): boolean {
  return isUrl(one) && isUrl(other) && siteOf(one) === siteOf(other);
}
