/**
 * Checks that an authorization server may be asked for a token that goes to a server. The server names it, and could name that of
 * another one: its user would sign in at an honest page, and the token would work there.
 */
import type { GatewayError } from '../../shared/errors.ts';
import { quoted } from '../../shared/quote-text.ts';
import { unavailable } from '../failures.ts';
import type { Discovery } from './discovery.ts';
import { isSameIssuer, mayBeSameIssuer, originOf, placeOf } from './issuer.ts';
import { isSameSite } from './registrable-domain.ts';

/** Another entry whose server may want a sign-in. */
export interface OtherServer {
  readonly name: string;
  /** The authorization servers that its entry, its sign-ins, or the server itself names. */
  readonly issuers: readonly string[];
}

interface IssuerClaim {
  readonly server: string;
  /** Address of the MCP server. */
  readonly resource: string;
  readonly discovery: Discovery;
  /** True where the entry has an `oauth` already. */
  readonly hasOAuth: boolean;
  readonly others: readonly OtherServer[];
}

/** For an issuer that neither the entry nor an earlier sign-in names. @throws GatewayError SERVER_UNAVAILABLE with the line to add */
export function checkIssuer(claim: IssuerClaim): void {
  const why = objectionTo(claim);
  if (why !== undefined) throw needsOwner(claim, why);
}

/**
 * The same for places besides its usual ones to which people or codes go, whether or not there was a sign-in before.
 * @throws GatewayError SERVER_UNAVAILABLE with the line to add
 */
export function checkPlaces(claim: IssuerClaim, places: readonly string[]): void {
  const why = usedElsewhere(claim, places) ?? strayAmong(claim, places);
  if (why !== undefined) throw needsOwner(claim, why);
}

function usedElsewhere({ discovery: { issuer }, others }: IssuerClaim, places: readonly string[]): string | undefined {
  const user = others.find(({ issuers }) => issuers.some((one) => isUsed(one, issuer, places)));
  return user === undefined ? undefined : `which is that of server ${quoted(user.name, 100)} too`;
}

function strayAmong({ resource, discovery: { issuer } }: IssuerClaim, places: readonly string[]): string | undefined {
  const stray = places.find((one) => !isSameSite(one, issuer) && !isSameSite(one, resource));
  return stray === undefined ? undefined : `which sends people or codes to another site, ${originOf(stray)}`;
}

function objectionTo(claim: IssuerClaim): string | undefined {
  const { resource, discovery } = claim;
  const { issuer, metadata } = discovery;
  const endpoints = [metadata?.authorization_endpoint, metadata?.token_endpoint].filter((one) => one !== undefined);
  const used = usedElsewhere(claim, endpoints);
  if (used !== undefined) return used;
  const resources = protectedResources(metadata);
  const isListed = resources?.some((one) => isSameIssuer(one, resource) || isSameIssuer(one, discovery.indicator));
  if (isListed === false) return 'which does not name it among the servers that it protects';
  if (isListed !== true && !isSameSite(issuer, resource)) return 'which is on another site than itself';
  return strayAmong(claim, endpoints);
}

/** True where somebody else's issuer is this one, or is where people are sent. */
function isUsed(other: string, issuer: string, endpoints: readonly string[]): boolean {
  const place = placeOf(other);
  return (
    mayBeSameIssuer(other, issuer) || (place !== placeOf(issuer) && endpoints.some((one) => placeOf(one) === place))
  );
}

/** RFC 9728, section 4. */
function protectedResources(metadata: Discovery['metadata']): readonly string[] | undefined {
  const resources = (metadata as Readonly<Record<string, unknown>> | undefined)?.['protected_resources'];
  return Array.isArray(resources) ? resources.filter((one) => typeof one === 'string') : undefined;
}

function needsOwner({ server, discovery: { issuer }, hasOAuth }: IssuerClaim, why: string): GatewayError {
  const member = `"issuer": ${quoted(issuer, 500)}`;
  const line = hasOAuth ? `${member} in "oauth"` : `"oauth": { ${member} }`;
  return unavailable(
    server,
    `names the authorization server ${originOf(issuer)}, ${why}: a token from there could work elsewhere, and nothing was sent to it. If the owner of the gateway trusts the server with it, this line belongs into its entry: ${line}`,
  );
}
