/** Who sends an HTTP request, by its `Authorization` header and nothing else (identity.md). */
import { timingSafeEqual } from 'node:crypto';
import type { Snapshot } from '../config/types.ts';
import { ANONYMOUS, IMPLICIT_TOKEN } from './principal.ts';
import { isTokenShaped, tokenHash } from './token.ts';

export interface HttpAuthentication {
  /** `--no-auth`: everybody is the anonymous principal. Only ever together with a loopback address. */
  readonly noAuth: boolean;
  /** Hash of the generated token; used only where the rules have no principals. */
  readonly generatedTokenHash: string | undefined;
}

/** @returns the principal's name, undefined where the request proves none. */
export function authenticate(
  authorization: string | undefined,
  snapshot: Snapshot,
  { noAuth, generatedTokenHash }: HttpAuthentication,
): string | undefined {
  if (noAuth) return ANONYMOUS;
  const token = bearerToken(authorization);
  if (token === undefined) return undefined;
  const hash = Buffer.from(tokenHash(token), 'hex');
  if (snapshot.principals === undefined) {
    return generatedTokenHash !== undefined && equal(hash, generatedTokenHash) ? IMPLICIT_TOKEN : undefined;
  }
  let found: string | undefined;
  for (const { name, tokenSha256 } of snapshot.principals.values()) {
    if (tokenSha256 !== undefined && equal(hash, tokenSha256)) found ??= name;
  }
  return found;
}

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trim();
  return isTokenShaped(token) ? token : undefined;
}

function equal(hash: Buffer, hex: string): boolean {
  const other = Buffer.from(hex, 'hex');
  return other.length === hash.length && timingSafeEqual(hash, other);
}
