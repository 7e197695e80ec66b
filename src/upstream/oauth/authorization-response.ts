/** The response to an authorization request (RFC 6749, section 4.1.2): checked, and its code redeemed for tokens. */
import { IssuerMismatchError, validateAuthorizationResponseIssuer } from '@modelcontextprotocol/client';
import { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { Discovery } from './discovery.ts';
import { RefusedGrant, redeemCode } from './grants.ts';
import { isSameIssuer, originOf } from './issuer.ts';

/** Errors of a page that does not know who asks (RFC 6749, section 4.1.2.1); some give the code of the token endpoint. */
const UNKNOWN_CLIENT: ReadonlySet<string> = new Set(['unauthorized_client', 'invalid_client']);

/**
 * Signs in with the response of the authorization server.
 * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE, saying what to tell the person.
 */
export async function completeAuthorization(request: AuthorizationRequest, response: URLSearchParams): Promise<void> {
  const { tokenManager, discovery, client, scope, verifier, redirectUri, proof } = request;
  const { issuer, indicator } = discovery;
  const iss = response.get('iss') ?? undefined;
  checkIssuer(tokenManager.server, discovery, iss);
  const code = response.get('code') ?? (await failWithoutCode(request, response.get('error') ?? ''));
  try {
    const context = tokenManager.resolver.grantContext(discovery, client, proof);
    const tokens = await redeemCode(context, { code, iss, verifier, redirectUri });
    await tokenManager.credential.save(issuer, { indicator, client, asked: scope, tokens });
  } catch (error) {
    throw error instanceof RefusedGrant ? await codeRefused(request, error) : error;
  }
}

/** RFC 9207, section 2.4, for errors as well as codes. */
function checkIssuer(server: string, { metadata, issuer }: Discovery, iss: string | undefined): void {
  const isPromised = metadata?.authorization_response_iss_parameter_supported === true;
  // If it is promised, every character counts; if it is not, it is taken as people write it.
  if (!isPromised && iss !== undefined && metadata !== undefined && isSameIssuer(iss, metadata.issuer)) return;
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: isPromised,
    });
  } catch (error) {
    if (!(error instanceof IssuerMismatchError)) throw error;
    throw unavailable(
      server,
      `was to be signed in to at ${originOf(issuer)}, but the answer is not from there; it was thrown away.`,
    );
  }
}

/** @param error code of the response; anybody could have written it. */
async function failWithoutCode(request: AuthorizationRequest, error: string): Promise<never> {
  if (UNKNOWN_CLIENT.has(error)) await forgetClient(request);
  const { server } = request.tokenManager;
  const why = /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : '';
  throw new GatewayError('AUTH_REQUIRED', `The authorization server of "${server}" did not sign anybody in${why}.`);
}

async function codeRefused(request: AuthorizationRequest, { what, said }: RefusedGrant): Promise<GatewayError> {
  const { tokenManager, client } = request;
  if (what === 'client') await forgetClient(request);
  const isOwners = what === 'client' && client.known !== 'registered';
  const subject = what !== 'client' ? 'code' : isOwners ? 'client of its entry' : 'client that the gateway registered';
  const next = isOwners ? 'Correct "oauth" in the servers file.' : 'Ask for a new link.';
  return new GatewayError(
    'AUTH_REQUIRED',
    `The authorization server of "${tokenManager.server}" refused the ${subject}${said}. ${next}`,
  );
}

/** Removes a client that the authorization server does not know any more: it is registered again the next time. */
async function forgetClient({ tokenManager, discovery, client }: AuthorizationRequest): Promise<void> {
  if (client.known === 'registered') await tokenManager.credential.forgetClient(discovery.issuer, client.id);
}
