/** For whom an access token is, where it says so: a JWT of RFC 9068. Its signature is the business of who takes it. */

import type { GatewayError } from '../../shared/errors.ts';
import { isUrl } from '../../shared/parse-url.ts';
import { unavailable } from '../failures.ts';
import { originOf, placeOf } from './issuer.ts';
import { isSameSite } from './registrable-domain.ts';

export interface AudienceFacts {
  readonly server: string;
  /** The name of the MCP server for the authorization server. */
  readonly indicator: string;
  readonly issuer: string;
  /** True where the entry names the issuer. */
  readonly isNamed: boolean;
  /** Places of the servers of other entries (`placeOf`). */
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
  const addresses = audience.filter((one) => /^https?:\/\//i.test(one) && isUrl(one));
  if (addresses.some((one) => placeOf(one) === placeOf(indicator))) return;
  const foreign = addresses.find((one) => others.has(placeOf(one)));
  if (foreign !== undefined) throw refusal(facts, foreign);
  const [first] = addresses;
  if (isNamed || first === undefined || addresses.length < audience.length) return;
  if (addresses.some((one) => placeOf(one) === placeOf(issuer) || isSameSite(one, indicator))) return;
  throw refusal(facts, first);
}

function refusal({ server, issuer, isNamed }: AudienceFacts, address: string): GatewayError {
  const next = isNamed ? '' : ' If it is the same service, name the "issuer" in "oauth" of its entry.';
  return unavailable(
    server,
    `was to get a token of ${originOf(issuer)}, but it is for ${originOf(address)}; it was thrown away.${next}`,
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
