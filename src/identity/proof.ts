/** Proofs of who connected. A proof is asked again under every snapshot, so that a reload takes effect at once. */
import type { JwtDefinition, PrincipalDefinition, Snapshot } from '../config/snapshot.ts';
import { STDIO_OWNER } from '../pipeline/tenant.ts';
import { type Grant, grantedPrincipal, type Principal, principalOf, unrestricted } from './principal.ts';

export interface Proof {
  /** Name of the principal when it connected. */
  readonly principal: string;
  /** The bearer, where a principal stands for many. */
  readonly subject: string | undefined;
  /** Differs between callers that must not reach each other's sessions. */
  readonly owner: string;
  /** The principal that this proves under a snapshot; undefined for none any more. */
  find(snapshot: Snapshot): Principal | undefined;
  /** Milliseconds since 1970 from which on it proves nothing; infinite where it does not end by itself. */
  expiresAt(snapshot: Snapshot): number;
}

const NEVER = (): number => Number.POSITIVE_INFINITY;

/** Whoever started us over stdio, where the rules have no principals: what existing users have. */
const IMPLICIT_STDIO = 'local';

/** Being the process that started the gateway. */
export const STDIO_PROOF: Proof = {
  principal: IMPLICIT_STDIO,
  subject: undefined,
  owner: STDIO_OWNER,
  find(snapshot) {
    if (snapshot.principals === undefined) return unrestricted(IMPLICIT_STDIO);
    const entry = entryWhere(snapshot, ({ stdio }) => stdio);
    return entry && principalOf(snapshot, entry.name);
  },
  expiresAt: NEVER,
};

/** Holding the token that the gateway made, where the rules have no principals. */
export const GENERATED_TOKEN_PROOF: Proof = implicit('gateway');

/** Nothing but reaching a loopback address, with `--no-auth`. */
export const ANONYMOUS_PROOF: Proof = implicit('anonymous');

function implicit(name: string): Proof {
  return {
    principal: name,
    subject: undefined,
    owner: name,
    find: (snapshot) => (snapshot.principals === undefined ? unrestricted(name) : undefined),
    expiresAt: NEVER,
  };
}

/** Holding a token whose hash the rules list. */
export function tokenProof({ name, tokenSha256 }: PrincipalDefinition): Proof {
  return {
    principal: name,
    subject: undefined,
    owner: ownerOf('token', name),
    find(snapshot) {
      const current = snapshot.principals?.get(name);
      const same = current?.tokenSha256 !== undefined && current.tokenSha256 === tokenSha256;
      return same ? principalOf(snapshot, name) : undefined;
    },
    expiresAt: (snapshot) => snapshot.principals?.get(name)?.expiresAt ?? NEVER(),
  };
}

/** The subject of a JWT. */
export interface Bearer {
  /** For people, and bounded. */
  readonly subject: string;
  /** Different for different bearers of one issuer. */
  readonly id: string;
}

/** Holding a verified JWT. @param expiresAt milliseconds since 1970 */
export function jwtProof(
  name: string,
  jwt: JwtDefinition,
  { subject, id }: Bearer,
  grant: Grant,
  expiresAt: number,
): Proof {
  return {
    principal: name,
    subject,
    owner: ownerOf('jwt', name, jwt.issuer, id),
    find(snapshot) {
      const current = snapshot.principals?.get(name)?.jwt;
      return current !== undefined && sameIssuer(current, jwt) ? grantedPrincipal(snapshot, name, grant) : undefined;
    },
    expiresAt: () => expiresAt,
  };
}

function sameIssuer(a: JwtDefinition, b: JwtDefinition): boolean {
  return a.issuer === b.issuer && a.audience === b.audience && a.jwksUri === b.jwksUri && a.agentClaim === b.agentClaim;
}

function ownerOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function entryWhere(
  snapshot: Snapshot,
  test: (definition: PrincipalDefinition) => boolean,
): PrincipalDefinition | undefined {
  for (const definition of snapshot.principals?.values() ?? []) if (test(definition)) return definition;
  return undefined;
}
