/** Verifies JSON Web Tokens (RFC 7519, RFC 8725). Loads jose: import it only where a principal has an issuer. */
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { JwtDefinition, PrincipalDefinition, Snapshot } from '../config/snapshot.ts';
import type { Logger } from '../observe/log.ts';
import { fetchJson } from '../upstream/channel/fetch-json.ts';
import { type Authentication, INVALID_TOKEN } from './authentication.ts';
import { createKeys } from './jwks.ts';
import { grantedPrincipal } from './principal.ts';
import { type Bearer, jwtProof } from './proof.ts';

/** RFC 8725 section 3.1: what is accepted is decided here, never by the token. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
/** Seconds that clocks may differ. */
const SKEW_S = 60;
const KEY_LIMITS = { maxBytes: 256 * 1024, timeoutMs: 5_000 };
const MAX_SUBJECT = 256;

interface JwtOptions {
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** Milliseconds since 1970. */
  readonly today?: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  readonly fetchKeys?: (jwksUri: string) => Promise<unknown>;
}

export type VerifyJwt = (token: string, snapshot: Snapshot) => Promise<Authentication>;

/** A verifier with the keys of every issuer that it met. It never rejects. */
export function createJwtVerifier({
  log,
  today = Date.now,
  now = () => performance.now(),
  fetchKeys = (uri) => fetchJson(uri, KEY_LIMITS),
}: JwtOptions): VerifyJwt {
  const keysByUri = new Map<string, JWTVerifyGetKey>();
  const keysOf = (jwksUri: string): JWTVerifyGetKey => {
    const known = keysByUri.get(jwksUri);
    if (known !== undefined) return known;
    const failed = (error: unknown): void => log.warn({ err: error }, 'the keys of an issuer could not be fetched');
    const keys = createKeys({ fetch: () => fetchKeys(jwksUri), now, failed });
    keysByUri.set(jwksUri, keys);
    return keys;
  };
  const verifyFor = async (token: string, principal: string, jwt: JwtDefinition): Promise<JWTPayload | undefined> => {
    try {
      const { payload } = await jwtVerify(token, keysOf(jwt.jwksUri), {
        issuer: jwt.issuer,
        audience: jwt.audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        currentDate: new Date(today()),
        requiredClaims: ['exp'],
      });
      if (payload['cnf'] === undefined) return payload;
      // Whoever stole it has no key; that its bearer has one cannot be seen here (RFC 7800; RFC 9449, section 7.1).
      log.debug({ principal, reason: 'bound to a key' }, 'a JWT was refused');
      return undefined;
    } catch (error) {
      log.debug({ principal, reason: reasonOf(error) }, 'a JWT was refused');
      return undefined;
    }
  };
  return async (token, snapshot) => {
    for (const { name, jwt } of candidates(token, snapshot)) {
      const payload = await verifyFor(token, name, jwt);
      if (payload !== undefined) return admit(snapshot, name, jwt, payload, endOf(payload, today()));
    }
    return INVALID_TOKEN;
  };
}

/** The principals whose issuer the token names: nobody else's keys are tried on it. */
function candidates(token: string, snapshot: Snapshot): (PrincipalDefinition & { readonly jwt: JwtDefinition })[] {
  let issuer: unknown;
  try {
    issuer = decodeJwt(token).iss;
  } catch {
    return [];
  }
  return [...(snapshot.principals?.values() ?? [])].flatMap((principal) =>
    principal.jwt !== undefined && principal.jwt.issuer === issuer ? [{ ...principal, jwt: principal.jwt }] : [],
  );
}

/** A good token that leaves its bearer no agent at all lacks scope (RFC 6750 section 3.1). */
function admit(
  snapshot: Snapshot,
  name: string,
  jwt: JwtDefinition,
  payload: JWTPayload,
  expiresAt: number,
): Authentication {
  const grant = {
    agents: jwt.agentClaim === undefined ? undefined : strings(payload[jwt.agentClaim]),
    scopes: scopesOf(payload),
  };
  const principal = grantedPrincipal(snapshot, name, grant);
  if (principal === undefined || !snapshot.policy.agents.some((agent) => principal.mayAssume(agent))) {
    return { kind: 'refused', error: 'insufficient_scope' };
  }
  return { kind: 'proven', proof: jwtProof(name, jwt, bearerOf(payload), grant, expiresAt) };
}

/**
 * The time at which what a token opens is over: as it says itself, and at the end of the tolerance for what is opened after that.
 * @param now and the result: milliseconds since 1970
 */
function endOf({ exp = 0 }: JWTPayload, now: number): number {
  return exp * 1000 > now ? exp * 1000 : (exp + SKEW_S) * 1000;
}

/** Issuers write them into `scope`, separated by spaces (RFC 9068), or into `scp`. */
function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  return strings(scope ?? scp).flatMap((text) => text.split(' '));
}

function strings(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((entry) => typeof entry === 'string');
}

/** A client that acts for itself may have no `sub` (RFC 9068 section 2.2); one that is called like a person is not that person (section 5). */
function bearerOf(payload: JWTPayload): Bearer {
  const claim = ['sub', 'client_id', 'azp'].find((name) => typeof payload[name] === 'string') ?? 'sub';
  const subject = String(payload[claim] ?? '');
  return { subject: subject.slice(0, MAX_SUBJECT), id: JSON.stringify([claim, subject]) };
}

/** Names of checks and claims only: a token's own text may be anything. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return `${error.code} (${error.claim})`;
  }
  return error instanceof errors.JOSEError ? error.code : 'unusable key or token';
}
