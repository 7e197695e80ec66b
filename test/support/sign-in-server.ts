/** A real authorization server on loopback that people sign in to: registration, PKCE, rotation, revocation, a form. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';
import { makeKey } from './issuer.ts';

export interface SignInServer {
  readonly url: string;
  /** Seconds that the next tokens live. */
  readonly ttl: { access: number; refresh: number };
  /** Grant types of the token requests that were answered, and those that were refused with `!` before them. */
  readonly grants: string[];
  /** Everything that it gave out or was given in confidence: codes, verifiers, tokens, client secrets. */
  readonly secrets: Set<string>;
  /** Statuses that the next token requests are answered with instead of being handled. */
  readonly failures: number[];
  /** What the last token request gave. */
  readonly last: { access: string; refresh: string; client: string };
  /** What a person does who takes the permission back: the refresh token and its grant are over (RFC 7009). */
  revoke(refreshToken: string, client: string): Promise<void>;
  /** Whether a refresh token can be used. */
  isGood(refreshToken: string): Promise<boolean>;
  /** Claims of an access token. @throws where it is not one for that resource. */
  verify(token: string, resource: string): Promise<JWTPayload>;
  stop(): Promise<void>;
}

const CONFIDENTIAL = [
  'access_token',
  'client_secret',
  'code',
  'code_verifier',
  'id_token',
  'refresh_token',
  'registration_access_token',
];

const FORM = `<!doctype html><title>Sign in</title>
<form method="post"><input name="login" aria-label="Name"><button>Allow</button></form>`;

/** @param features of the provider, besides the usual ones */
export async function startSignInServer(features: object = {}): Promise<SignInServer> {
  const key = await makeKey('RS256', 'sign-in');
  const secrets = new Set<string>();
  const grants: string[] = [];
  const failures: number[] = [];
  const last = { access: '', refresh: '', client: '' };
  const ttl = { access: 3600, refresh: 86_400 };
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    const status = request.url === '/token' ? failures.shift() : undefined;
    if (status !== undefined) response.writeHead(status, { 'content-type': 'text/plain' }).end('Not now');
    else if (provider !== undefined) void answer(provider, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const keep = (values: Readonly<Record<string, unknown>>): void => {
    for (const name of CONFIDENTIAL) {
      const value = values[name];
      if (typeof value === 'string') secrets.add(value);
    }
  };
  provider = new Provider(url, {
    jwks: { keys: [key.jwk] },
    scopes: ['offline_access', 'tools'],
    pkce: { required: () => true },
    ttl: {
      AccessToken: () => ttl.access,
      RefreshToken: () => ttl.refresh,
      AuthorizationCode: 60,
      Grant: 1_000_000,
      IdToken: 3600,
      Interaction: 600,
      Session: 1_000_000,
    },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    renderError: (context: { body: string }, { error }: { error: string }) => {
      context.body = error;
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      ...features,
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'tools',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ttl.access,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  provider.on('registration_create.success', ({ body }) => keep({ ...(body as object) }));
  // Undefined where a code was entered on another device.
  provider.on('authorization.success', (_context, out) => keep(out ?? {}));
  provider.on('grant.success', ({ body, oidc }) => {
    grants.push(oidc.params['grant_type'] ?? '');
    keep(oidc.params);
    const given: Readonly<Record<string, string | undefined>> = { ...(body as object) };
    keep(given);
    last.access = given['access_token'] ?? '';
    last.refresh = given['refresh_token'] ?? '';
    last.client = oidc.params['client_id'] ?? '';
  });
  provider.on('grant.error', ({ oidc }, error) => {
    grants.push(`!${oidc.params['grant_type']} ${error.message}`);
    keep(oidc.params);
  });
  const keys = createRemoteJWKSet(new URL('/jwks', url));
  return {
    url,
    ttl,
    grants,
    secrets,
    failures,
    last,
    async revoke(token, client) {
      const body = new URLSearchParams({ token, client_id: client, token_type_hint: 'refresh_token' });
      const { status } = await fetch(new URL('/token/revocation', url), { method: 'POST', body });
      if (status !== 200) throw new Error(`Not revoked: HTTP ${status}`);
    },
    async isGood(token) {
      return (await provider?.RefreshToken.find(token)) !== undefined;
    },
    async verify(token, resource) {
      // A request that was on its way when its token ended is let through.
      const { payload } = await jwtVerify(token, keys, { issuer: url, audience: resource, clockTolerance: 30 });
      return payload;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith('/interaction/') !== true) return provider.callback()(request, response);
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(FORM);
    return undefined;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const accountId = new URLSearchParams(body).get('login') ?? '';
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId, clientId: params['client_id'] });
  const { scope = '', resource } = params;
  grant.addOIDCScope(scope);
  if (resource !== undefined) grant.addResourceScope(resource, scope);
  const grantId = await grant.save();
  return provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}
