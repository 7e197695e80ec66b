/** Requests to token endpoints, and what their failures mean. */
import {
  type AddClientAuthentication,
  type DpopSession,
  exchangeAuthorization,
  fetchToken,
  IssuerMismatchError,
  type OAuthClientInformationMixed,
  OAuthError,
  type OAuthTokens,
  refreshAuthorization,
} from '@modelcontextprotocol/client';
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import { type AudienceFacts, checkAudience } from './audience.ts';
import { authenticationOf } from './client-authentication.ts';
import type { RegisteredClient, Tokens } from './credential.ts';
import type { Discovery } from './discovery.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { RefusedRedirect } from './guarded-fetch.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import type { ProofSession } from './proof-session.ts';

export interface GrantContext {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  readonly discovery: Discovery;
  /** Undefined for a workload that is known by its assertion alone. */
  readonly client: RegisteredClient | undefined;
  /** The key that the tokens are bound to, where they are. */
  readonly proof: ProofSession | undefined;
  readonly fetch: GuardedFetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Places of the servers of other entries (`placeOf`): their tokens are not for this one. */
  readonly elsewhere: ReadonlySet<string>;
}

/**
 * The authorization server answered, and gives no token: `grant` where it will never accept the token or code again, `client` where
 * it does not know the client, `request` for any other reason.
 */
export class RefusedGrant extends Error {
  readonly what: 'grant' | 'client' | 'request';
  /** The end of a sentence: the code that it gave, in brackets. */
  readonly said: string;

  constructor(what: RefusedGrant['what'], code: string | undefined) {
    super(`The authorization server refused the ${what}.`);
    this.what = what;
    const isSaid = code !== undefined && code !== 'server_error' && /^[a-z_]{1,40}$/.test(code);
    this.said = isSaid ? ` (${code})` : '';
  }
}

interface CodeGrant {
  readonly code: string;
  /** `iss` of the response (RFC 9207). */
  readonly iss: string | undefined;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** @throws RefusedGrant; GatewayError SERVER_UNAVAILABLE */
export function redeemCode(context: GrantContext, { code, iss, verifier, redirectUri }: CodeGrant): Promise<Tokens> {
  const { discovery } = context;
  return requestTokens(context, undefined, (common) =>
    exchangeAuthorization(discovery.authorizationServer, {
      ...common,
      authorizationCode: code,
      // That it is the same one was checked; the package compares every slash.
      ...(iss === undefined ? {} : { iss: issuerOf(discovery, iss) }),
      codeVerifier: verifier,
      redirectUri,
    }),
  );
}

/** @throws RefusedGrant; GatewayError SERVER_UNAVAILABLE */
export function refresh(context: GrantContext, tokens: Tokens, refreshToken: string): Promise<Tokens> {
  const { authorizationServer } = context.discovery;
  return requestTokens(context, tokens.scope, (common) =>
    refreshAuthorization(authorizationServer, { ...common, refreshToken }),
  ).catch((error: unknown) => {
    // To a page for people, who have to sign in.
    if (error instanceof RefusedRedirect) throw new RefusedGrant('request', undefined);
    throw error;
  });
}

/** The gateway gets tokens for itself: with its credentials, or with an assertion. @throws RefusedGrant; GatewayError SERVER_UNAVAILABLE */
export function asMachine(
  context: GrantContext,
  scope: string | undefined,
  assertion: string | undefined,
): Promise<Tokens> {
  const grant: Readonly<Record<string, string>> =
    assertion === undefined ? { grant_type: 'client_credentials' } : { grant_type: JWT_BEARER, assertion };
  return withGrant(context, grant, scope);
}

/** Requests tokens with any grant. */
function withGrant(
  context: GrantContext,
  grant: Readonly<Record<string, string>>,
  scope: string | undefined,
): Promise<Tokens> {
  const { authorizationServer } = context.discovery;
  const request = ({ clientInformation, addClientAuthentication, dpop, ...common }: Common): Promise<OAuthTokens> =>
    fetchToken(
      {
        redirectUrl: undefined,
        clientMetadata: { redirect_uris: [] },
        clientInformation: () => ({ ...clientInformation, issuer: context.discovery.issuer }),
        tokens: () => undefined,
        saveTokens: () => undefined,
        redirectToAuthorization: () => undefined,
        saveCodeVerifier: () => undefined,
        codeVerifier: () => '',
        prepareTokenRequest: () => new URLSearchParams(scope === undefined ? grant : { ...grant, scope }),
        ...(addClientAuthentication === undefined ? {} : { addClientAuthentication }),
        ...(dpop === undefined ? {} : { dpop: () => dpop }),
      },
      authorizationServer,
      common,
    );
  return requestTokens(context, scope, request, grant['grant_type'] === DEVICE_CODE);
}

/** RFC 7523, section 2.1. */
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** RFC 8628, section 3.4. */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Asks once whether a person has signed in with a code. @throws RefusedGrant; GatewayError SERVER_UNAVAILABLE */
export function redeemDeviceCode(
  context: GrantContext,
  deviceCode: string,
  scope: string | undefined,
): Promise<Tokens | Waits> {
  return withGrant(context, { grant_type: DEVICE_CODE, device_code: deviceCode }, scope).catch((error: unknown) => {
    if (error instanceof StillWaiting) return error.code;
    throw error;
  });
}

/** The codes of RFC 8628, section 3.5, that end nothing. */
type Waits = 'authorization_pending' | 'slow_down';

class StillWaiting extends Error {
  readonly code: Waits;

  constructor(code: Waits) {
    super(code);
    this.code = code;
  }
}

interface Common {
  readonly metadata?: NonNullable<Discovery['metadata']>;
  readonly clientInformation: OAuthClientInformationMixed;
  readonly resource: string;
  readonly fetchFn: GuardedFetch;
  readonly addClientAuthentication?: AddClientAuthentication;
  readonly dpop?: DpopSession;
}

async function requestTokens(
  context: GrantContext,
  scope: string | undefined,
  request: (common: Common) => Promise<OAuthTokens>,
  isWaiting = false,
): Promise<Tokens> {
  const { server, discovery, proof, now } = context;
  const startedAt = now();
  try {
    const answer = await request(commonOf(context));
    checkAudience(audienceFacts(context), answer.access_token);
    return tokensOf(answer, { scope, startedAt, proof });
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const where = originOf(discovery.issuer);
    if (error instanceof IssuerMismatchError) {
      throw unavailable(
        server,
        `has an authorization server, ${where}, but another one answered; the answer was thrown away.`,
      );
    }
    const code = error instanceof OAuthError ? error.code : undefined;
    if (isWaiting && (code === 'authorization_pending' || code === 'slow_down')) throw new StillWaiting(code);
    if (code === 'invalid_client' || code === 'unauthorized_client') throw new RefusedGrant('client', code);
    if (code === 'invalid_grant') throw new RefusedGrant('grant', code);
    // It answered, so it will answer the same again: `steady` has told apart what is only out of order.
    if (code === undefined || !PASSING.has(code)) throw new RefusedGrant('request', code);
    const what = `has an authorization server, ${where}, that gave no token (${code}). Try again later.`;
    throw unavailable(server, what, { data: PASSES });
  }
}

/** Codes with which an authorization server says that it is out of order; `server_error` stands for what is no OAuth error, too. */
const PASSING: ReadonlySet<string> = new Set(['temporarily_unavailable', 'slow_down']);

function issuerOf({ metadata }: Discovery, iss: string): string {
  return metadata !== undefined && isSameIssuer(metadata.issuer, iss) ? metadata.issuer : iss;
}

function audienceFacts({ server, oauth, discovery, elsewhere }: GrantContext): AudienceFacts {
  const { indicator, issuer } = discovery;
  return { server, indicator, issuer, isNamed: oauth?.issuer !== undefined, others: elsewhere };
}

function commonOf({ server, oauth, discovery, client, proof, fetch }: GrantContext): Common {
  const authentication = authenticationOf(oauth, client);
  const information = {
    client_id: client?.id ?? '',
    ...(client?.secret === undefined ? {} : { client_secret: client.secret }),
    ...(client?.authMethod === undefined ? {} : { token_endpoint_auth_method: client.authMethod }),
  };
  return {
    ...(discovery.metadata === undefined ? {} : { metadata: discovery.metadata }),
    clientInformation: information as OAuthClientInformationMixed,
    resource: discovery.indicator,
    fetchFn: steady(server, fetch),
    ...(authentication === undefined ? {} : { addClientAuthentication: authentication }),
    ...(proof === undefined ? {} : { dpop: proof.dpop }),
  };
}

/** Marks a failure of an authorization server that is out of order for a while. */
const PASSES = { passes: true } as const;

/** True if an authorization server is only out of order: what it was asked for it may still give. */
export function isPassing(error: unknown): boolean {
  return error instanceof GatewayError && error.data?.['passes'] === true;
}

/** Request Timeout, Too Early, Too Many Requests. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429]);

/** A server in trouble says nothing about a token, whatever its answer looks like. */
function steady(server: string, fetch: GuardedFetch): GuardedFetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status < 500 && !BUSY.has(response.status)) return response;
    await response.body?.cancel();
    throw unavailable(
      server,
      `has an authorization server, ${originOf(String(url))}, that answers with HTTP ${response.status}. Try again later.`,
      { data: PASSES },
    );
  };
}

interface TokenFacts extends Pick<GrantContext, 'proof'> {
  readonly scope: string | undefined;
  readonly startedAt: number;
}

function tokensOf(answer: OAuthTokens, { scope, startedAt, proof }: TokenFacts): Tokens {
  const isBound = proof !== undefined && answer.token_type.toLowerCase() === 'dpop';
  const { access_token: access, refresh_token: refreshToken, expires_in: seconds } = answer;
  return {
    access,
    refresh: refreshToken,
    scope: answer.scope ?? scope,
    obtainedAt: startedAt,
    // A token that ends at once would be renewed before every call.
    expiresAt: seconds === undefined || !(seconds > 0) ? undefined : startedAt + seconds * 1000,
    ...(isBound ? { proofKey: proof.key } : {}),
  };
}
