/**
 * The host of a URL, where all readers of URLs agree on it. They do not about user information, backslashes, white space, escapes in
 * the host, numbers that are addresses, and a missing `//`: then nobody can tell which host a server would connect to.
 */

import { domainToASCII, domainToUnicode } from 'node:url';
import { parseUrl } from '../../shared/parse-url.ts';
import { compilePattern, isLiteralPattern, type NameMatcher } from '../pattern.ts';
import { agreed, type Truth } from './truth.ts';

/** Matches one host, and one port where the pattern has one. */
export interface HostPattern {
  readonly matchesHost: NameMatcher;
  readonly port: string | undefined;
}

const PATTERN = /^(\[[0-9A-Fa-f:.]+\]|[^:]*?)(?::([0-9]{1,5}))?$/;
/** Scheme, authority, and what follows it. */
const URL_PARTS = /^(https?|wss?|ftp):\/\/([^/?#\\@\s%]+)(?:\/|$|[?#][^@\\]*$)/i;
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^[\]:]+)(?::([0-9]{1,5}))?$/;
const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['ws:', '80'],
  ['https:', '443'],
  ['wss:', '443'],
  ['ftp:', '21'],
]);
const MAX_URL = 65_536;
/** Characters that the versions of IDNA turn into different names: sharp s, final sigma, dotted and dotless i, joiners. */
const DEVIATING = /[\u00df\u1e9e\u03c2\u0130\u0131\u200c\u200d]/;

/** Addresses of IPv6 that may stand for one of IPv4. */
const EMBEDDING = /^\[(?:::|64:ff9b:|2002:)/;
const OWN_ADDRESSES: ReadonlySet<string> = new Set(['[::]', '[::1]']);

/** @returns undefined for what can be no host */
export function parseHostPattern(source: string): HostPattern | undefined {
  const [, host = '', port] = PATTERN.exec(source) ?? [];
  if (host === '' || /[/#@\\\s%]/.test(host)) return undefined;
  if (host.startsWith('[')) {
    const canonical = parseUrl(`http://${host}/`)?.hostname;
    return canonical === undefined ? undefined : { matchesHost: (name) => name === canonical, port };
  }
  // A name may be written in its own letters; what is compared is what travels.
  const name = isLiteralPattern(host) ? parseUrl(`http://${host}/`)?.hostname : travelling(host);
  return name === undefined || name === '' ? undefined : { matchesHost: compilePattern(name), port };
}

/** A pattern whose labels are written as they travel. */
function travelling(pattern: string): string | undefined {
  const labels = pattern.toLowerCase().split('.');
  const ascii = labels.map((label) => (/^[!-~]*$/.test(label) ? label : domainToASCII(label)));
  return ascii.some((label, at) => label === '' && labels[at] !== '') ? undefined : ascii.join('.');
}

/** True if a text is a URL of one of the hosts. */
export function isOfHost(text: string, patterns: readonly HostPattern[]): Truth {
  const url = text.length <= MAX_URL ? parseUrl(text) : undefined;
  if (url === undefined) return undefined;
  const { hostname, protocol } = url;
  const port = url.port === '' ? DEFAULT_PORTS.get(protocol) : url.port;
  const matches = (name: string): boolean =>
    patterns.some((pattern) => pattern.matchesHost(name) && (pattern.port ?? port) === port);
  if (!isCertain(text, url)) return undefined;
  // `example.com.` is `example.com`, for those who resolve it.
  return agreed(hostname.endsWith('.') ? [hostname, hostname.slice(0, -1)] : [hostname], matches);
}

/** True if every reader finds the host that WHATWG's URL finds. */
function isCertain(text: string, { hostname }: URL): boolean {
  const authority = AUTHORITY.exec(URL_PARTS.exec(text)?.[2] ?? '');
  if (authority === null || /\p{Cc}|\\|\s$/u.test(text)) return false;
  const written = (authority[1] ?? '').toLowerCase();
  if (written === hostname) return !EMBEDDING.test(hostname) || OWN_ADDRESSES.has(hostname);
  return !DEVIATING.test(written) && written.normalize('NFC') === written && domainToUnicode(hostname) === written;
}
