/** The ways in which the gateway proves that it is the client of an authorization server (RFC 6749, section 2.3; RFC 7523). */
import { type AddClientAuthentication, createPrivateKeyJwtAuth } from '@modelcontextprotocol/client';
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import type { RegisteredClient } from './credential.ts';
import type { GrantContext } from './grants.ts';

/** The way to authenticate that the entry prescribes; otherwise the choice is made by what the authorization server supports. */
export function authenticationOf(
  oauth: OAuthDefinition | undefined,
  client: RegisteredClient | undefined,
): AddClientAuthentication | undefined {
  if (client === undefined) return () => undefined;
  if (oauth === undefined || client.known === 'registered') return undefined;
  const { privateKey, tokenEndpointAuthMethod: method = privateKey === undefined ? undefined : 'private_key_jwt' } =
    oauth;
  if (method === 'private_key_jwt' && privateKey !== undefined) {
    const sign = createPrivateKeyJwtAuth({
      issuer: client.id,
      subject: client.id,
      privateKey,
      alg: oauth.signingAlgorithm ?? 'RS256',
    });
    return async (headers, params, url, metadata) => {
      params.set('client_id', client.id);
      await sign(headers, params, url, metadata);
    };
  }
  if (method === undefined) return undefined;
  return (headers, params) => {
    if (method === 'client_secret_basic') {
      headers.set('authorization', `Basic ${Buffer.from(`${client.id}:${client.secret ?? ''}`).toString('base64')}`);
      return;
    }
    params.set('client_id', client.id);
    if (method === 'client_secret_post' && client.secret !== undefined) params.set('client_secret', client.secret);
  };
}

/** Proves the client to an endpoint that is not the one for tokens. */
export async function authenticate(
  { oauth, discovery: { metadata } }: Pick<GrantContext, 'oauth' | 'discovery'>,
  client: RegisteredClient,
  { headers, params, url }: { readonly headers: Headers; readonly params: URLSearchParams; readonly url: string },
): Promise<void> {
  const prescribed = authenticationOf(oauth, client);
  if (prescribed !== undefined) return prescribed(headers, params, url, metadata);
  if (client.secret === undefined || client.authMethod === 'client_secret_post') {
    params.set('client_id', client.id);
    if (client.secret !== undefined) params.set('client_secret', client.secret);
    return;
  }
  headers.set('authorization', `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`);
}
