/** For whom an access token is, where it says so: a JWT of RFC 9068. Its signature is the business of who takes it. */
import type { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import { originOf } from './issuer.ts';
import { isSameSite } from './site.ts';

export interface AudienceFacts {
  readonly server: string;
  /** What the authorization server calls the MCP server. */
  readonly indicator: string;
  readonly issuer: string;
  /** Whether the entry names the issuer. */
  readonly isNamed: boolean;
  /** Origins of the servers of other entries. */
  readonly others: ReadonlySet<string>;
}

/**
 * A token is for the server where its audience is there, or says nothing about a place. Another address is one of another service,
 * unless the owner of the gateway named the issuer: many call the same service by an address of their own.
 * @throws GatewayError SERVER_UNAVAILABLE
 */
export function checkAudience(facts: AudienceFacts, token: string): void {
  const { indicator, issuer, isNamed, others } = facts;
  const audience = audienceOf(token);
  const origins = audience.filter((one) => /^https?:\/\//i.test(one) && URL.canParse(one)).map(originOf);
  if (origins.includes(originOf(indicator))) return;
  const foreign = origins.find((origin) => others.has(origin));
  if (foreign !== undefined) throw refusal(facts, foreign);
  const [first] = origins;
  if (isNamed || first === undefined || origins.length < audience.length) return;
  if (origins.some((origin) => origin === originOf(issuer) || isSameSite(origin, indicator))) return;
  throw refusal(facts, first);
}

function refusal({ server, issuer, isNamed }: AudienceFacts, origin: string): GatewayError {
  const next = isNamed ? '' : ' If it is the same service, name the "issuer" in "oauth" of its entry.';
  return unavailable(
    server,
    `was to get a token of ${originOf(issuer)}, but it is for ${origin}; it was thrown away.${next}`,
  );
}

/** The `aud` of a JWT; nothing for any other token. */
function audienceOf(token: string): readonly string[] {
  const [, payload, signature, more] = token.split('.');
  if (payload === undefined || signature === undefined || more !== undefined) return [];
  try {
    const { aud } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly aud?: unknown };
    return (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string');
  } catch {
    return [];
  }
}
