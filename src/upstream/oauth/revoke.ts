/** Tells an authorization server that a token is not needed any more (RFC 7009). */
import { discoverAuthorizationServerMetadata } from '@modelcontextprotocol/client';
import type { HttpDefinition } from '../../config/snapshot.ts';
import type { Credential } from './credential.ts';
import type { GuardedFetch } from './guarded-fetch.ts';

interface RevokeOptions {
  readonly definition: HttpDefinition;
  readonly issuer: string;
  readonly credential: Credential;
  readonly fetch: GuardedFetch;
}

/** Does nothing where the authorization server takes no such request. */
export async function revoke({ definition, issuer, credential, fetch }: RevokeOptions): Promise<void> {
  const { tokens, client } = credential;
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: fetch });
  const endpoint =
    metadata !== undefined && 'revocation_endpoint' in metadata ? metadata.revocation_endpoint : undefined;
  const id = definition.oauth?.clientId ?? client?.id;
  const secret = definition.oauth?.clientSecret ?? client?.secret;
  if (typeof endpoint !== 'string' || tokens === undefined || id === undefined) return;
  // The refresh token takes its access tokens with it (section 2.1).
  const token = tokens.refresh ?? tokens.access;
  const kind = tokens.refresh === undefined ? 'access_token' : 'refresh_token';
  const body = new URLSearchParams({ token, token_type_hint: kind, client_id: id });
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
  if (secret !== undefined && client?.authMethod === 'client_secret_post') body.set('client_secret', secret);
  else if (secret !== undefined) {
    headers.set('authorization', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`);
  }
  await fetch(endpoint, { method: 'POST', headers, body });
}
