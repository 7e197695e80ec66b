/** Finds out who sends an HTTP request, by its `Authorization` header and nothing else (docs/identity.md). */
import { timingSafeEqual } from 'node:crypto';
import type { Snapshot } from '../config/snapshot.ts';
import type { Logger } from '../observe/log.ts';
import { type Authentication, INVALID_TOKEN, NO_TOKEN } from './authentication.ts';
import { isTokenShaped, tokenHash } from './generated-token.ts';
import type { VerifyJwt } from './jwt.ts';
import { ANONYMOUS_PROOF, GENERATED_TOKEN_PROOF, type Proof, tokenProof } from './proof.ts';

interface HttpAuthentication {
  readonly snapshot: () => Snapshot;
  /** `--no-auth`: everybody is the anonymous principal. Only ever together with a loopback address. */
  readonly noAuth: boolean;
  /** Hash of the generated token; used only where the rules have no principals. */
  readonly generatedTokenHash: string | undefined;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** Milliseconds since 1970. */
  readonly today?: () => number;
}

/**
 * Answers at once, except for a JWT. Never rejects.
 * @param channel the network connection: a token of the rules that came over it before is known again. It is compared in constant
 *   time: behind a proxy the one before may be somebody else's.
 */
export type Authenticate = (
  authorization: string | undefined,
  channel?: object,
) => Authentication | Promise<Authentication>;

export function createAuthenticate(options: HttpAuthentication): Authenticate {
  const { noAuth, generatedTokenHash, log, today = Date.now } = options;
  let verifier: Promise<VerifyJwt> | undefined;
  const verifyJwt = async (token: string, snapshot: Snapshot): Promise<Authentication> => {
    verifier ??= import('./jwt.ts').then(({ createJwtVerifier }) => createJwtVerifier({ log, today }));
    return (await verifier)(token, snapshot);
  };
  const seen = new WeakMap<object, Seen>();
  return (authorization, channel) => {
    if (noAuth) return { kind: 'proven', proof: ANONYMOUS_PROOF };
    if (authorization === undefined) return NO_TOKEN;
    const snapshot = options.snapshot();
    const before = channel && seen.get(channel);
    if (before?.snapshot === snapshot && isSame(before.authorization, authorization) && today() < before.expiresAt) {
      return before.proven;
    }
    const token = bearerToken(authorization);
    if (token === undefined) return INVALID_TOKEN;
    const found = staticProof(token, snapshot, generatedTokenHash);
    if (found !== undefined && today() < found.expiresAt) {
      const proven: Authentication = { kind: 'proven', proof: found.proof };
      const { expiresAt } = found;
      if (channel !== undefined)
        seen.set(channel, { authorization: bytesOf(authorization), snapshot, expiresAt, proven });
      return proven;
    }
    return isJwtShaped(token) && acceptsJwt(snapshot) ? verifyJwt(token, snapshot) : INVALID_TOKEN;
  };
}

/** The proof that a network connection gave before. */
interface Seen {
  readonly authorization: Buffer;
  readonly snapshot: Snapshot;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly proven: Authentication;
}

function bytesOf(header: string): Buffer {
  return Buffer.from(header, 'latin1');
}

function isSame(before: Buffer, header: string): boolean {
  return before.length === header.length && timingSafeEqual(before, bytesOf(header));
}

function staticProof(
  token: string,
  snapshot: Snapshot,
  generatedTokenHash: string | undefined,
): Pick<Listed, 'expiresAt' | 'proof'> | undefined {
  const hash = Buffer.from(tokenHash(token), 'hex');
  if (snapshot.principals === undefined) {
    if (generatedTokenHash === undefined) return undefined;
    const isIt = timingSafeEqual(hash, Buffer.from(generatedTokenHash, 'hex'));
    return isIt ? { proof: GENERATED_TOKEN_PROOF, expiresAt: Number.POSITIVE_INFINITY } : undefined;
  }
  let found: Listed | undefined;
  // To the end, whoever it is.
  for (const listed of listedOf(snapshot)) if (timingSafeEqual(hash, listed.hash)) found = listed;
  return found;
}

/** A token of the rules, ready to be compared. */
interface Listed {
  readonly hash: Buffer;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly proof: Proof;
}

const lists = new WeakMap<Snapshot, readonly Listed[]>();

function listedOf(snapshot: Snapshot): readonly Listed[] {
  let listed = lists.get(snapshot);
  if (listed === undefined) {
    listed = [...(snapshot.principals?.values() ?? [])].flatMap((principal) => {
      const { tokenSha256, expiresAt = Number.POSITIVE_INFINITY } = principal;
      if (tokenSha256 === undefined) return [];
      return [{ hash: Buffer.from(tokenSha256, 'hex'), expiresAt, proof: tokenProof(principal) }];
    });
    lists.set(snapshot, listed);
  }
  return listed;
}

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
function bearerToken(authorization: string): string | undefined {
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trim();
  return isTokenShaped(token) ? token : undefined;
}

/** RFC 7515 section 7.1, with a signature. */
function isJwtShaped(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function acceptsJwt({ principals }: Snapshot): boolean {
  for (const { jwt } of principals?.values() ?? []) if (jwt !== undefined) return true;
  return false;
}
