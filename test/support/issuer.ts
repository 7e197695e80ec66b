/** A real OpenID provider on loopback whose keys the test can rotate. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { request } from './http.ts';

const CLIENT = { id: 'agent-client', secret: 'not-a-secret-but-long-enough-for-this-test' };

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly jwk: JWK;
  readonly sign: (claims: JWTPayload, header?: Record<string, unknown>) => Promise<string>;
}

export interface Issuer {
  readonly url: string;
  readonly jwksUri: string;
  readonly client: typeof CLIENT;
  /** How often somebody fetched the keys. */
  readonly keyFetches: () => number;
  /** A token from the token endpoint, for that resource. */
  token(resource: string, scope?: string): Promise<string>;
  /** From now on these keys are published, and the first of an algorithm signs. */
  publish(...keys: SigningKey[]): void;
  /** Claims that the next tokens carry besides. */
  claims: JWTPayload;
  alg: string;
  stop(): Promise<void>;
}

export async function makeKey(alg: 'RS256' | 'ES256' | 'EdDSA', kid: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    jwk,
    sign: (claims, header = {}) => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

export async function startIssuer(...keys: SigningKey[]): Promise<Issuer> {
  let fetches = 0;
  let answer: ReturnType<Provider['callback']> | undefined;
  const server = createServer((incoming, response) => {
    if (incoming.url === '/jwks') fetches++;
    void answer?.(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: Issuer = {
    url,
    jwksUri: `${url}/jwks`,
    client: CLIENT,
    keyFetches: () => fetches,
    claims: {},
    alg: 'RS256',
    async token(resource, scope) {
      const form = new URLSearchParams({ grant_type: 'client_credentials', resource, ...(scope ? { scope } : {}) });
      const basic = Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64');
      const reply = await request(`${url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${basic}` },
        body: form.toString(),
      });
      const { access_token: token } = JSON.parse(reply.body) as { access_token?: string };
      if (token === undefined) throw new Error(`No token: ${reply.body}`);
      return token;
    },
    publish(...published) {
      answer = providerOf(issuer, published).callback();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  issuer.publish(...keys);
  return issuer;
}

function providerOf(issuer: Issuer, keys: readonly SigningKey[]): Provider {
  return new Provider(issuer.url, {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: keys[0]?.alg,
      },
    ],
    scopes: ['read', 'write'],
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: () => issuer.claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'read write',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: issuer.alg } },
        }),
      },
    },
  });
}
