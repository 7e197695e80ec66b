/** Names of authorization servers: which are one, and how they are shown. */

/** One issuer, written with or without the slash of an address that has no path. */
export function isSameIssuer(one: string, other: string): boolean {
  return withoutSlash(one) === withoutSlash(other);
}

function withoutSlash(issuer: string): string {
  return /^https?:\/\/[^/?#]+\/$/.test(issuer) ? issuer.slice(0, -1) : issuer;
}

/** An address as it may be shown: it comes from the server. */
export function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : 'without an address';
}
