/** Names of authorization servers: which are one, and how they are shown. */

import { isLoopback } from '../../config/settings.ts';
import { parseUrl } from '../../shared/parse-url.ts';

/** One issuer, written with or without the slash of an address that has no path. */
export function isSameIssuer(one: string, other: string): boolean {
  return withoutSlash(one) === withoutSlash(other);
}

function withoutSlash(issuer: string): string {
  return /^https?:\/\/[^/?#]+\/$/.test(issuer) ? issuer.slice(0, -1) : issuer;
}

/** An address as it may be shown: it comes from the server. */
export function originOf(address: string): string {
  return parseUrl(address)?.origin ?? 'without an address';
}

/** The place that an address leads to, under one name: a host may end with a dot, and this machine has several names. */
export function placeOf(address: string): string {
  const url = parseUrl(address);
  if (url === undefined) return address;
  const { protocol, hostname, port } = url;
  const host = hostname.replace(/\.$/, '');
  return `${protocol}//${isLoopback(host) ? 'localhost' : host}:${port}`;
}

/** True where two names may be of one issuer for some authorization server, that takes names by which it is reached for its own. */
export function mayBeSameIssuer(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other) && pathOf(one) === pathOf(other);
}

function pathOf(address: string): string {
  return parseUrl(address)?.pathname.replace(/\/+$/, '') ?? '';
}
