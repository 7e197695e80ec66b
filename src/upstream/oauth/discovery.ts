/** Discovers where to sign in to a server: RFC 9728 for the server, RFC 8414 or OpenID discovery for its authorization server. */

import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  type OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/client';
import { isLoopback } from '../../config/settings.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isUrl, parseUrl } from '../../shared/parse-url.ts';
import { unavailable } from '../failures.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import { PROOF_ALGORITHM } from './proof-session.ts';

export interface Discovery {
  readonly issuer: string;
  readonly authorizationServer: string;
  /** Undefined for servers of 2025-03-26, whose endpoints are at fixed paths. */
  readonly metadata: AuthorizationServerMetadata | undefined;
  /** Resource indicator: the name of the MCP server for the authorization server (RFC 8707). */
  readonly indicator: string;
  /** Scopes that the server names for itself, separated by spaces. */
  readonly scopes: string | undefined;
  /** True where tokens are bound to a key of the gateway (RFC 9449): its authorization server can do that, and the server takes them. */
  readonly isBound: boolean;
}

interface DiscoveryOptions {
  readonly server: string;
  /** Address of the MCP server, without fragment. */
  readonly resource: string;
  /** Address that the challenge of the server names (RFC 9728, section 5.1). */
  readonly resourceMetadata: string | undefined;
  /** True where the owner accepts http. */
  readonly allowHttp?: boolean | undefined;
  /** The only issuer that the owner accepts. */
  readonly issuer: string | undefined;
  /** True where its challenge asks for a proof of possession. */
  readonly isForProof?: boolean;
  readonly fetch: GuardedFetch;
}

/** @throws GatewayError SERVER_UNAVAILABLE saying why nobody can sign in. */
export async function discover(options: DiscoveryOptions): Promise<Discovery> {
  const { server, resource, fetch } = options;
  const { protocol, hostname } = new URL(resource);
  if (protocol === 'http:' && !isLoopback(hostname) && options.allowHttp !== true) {
    throw unavailable(
      server,
      'wants a token, which others could read on the way: put an https address into its entry, or "allowHttp": true into its "oauth" if nobody else is in that network.',
    );
  }
  const description = await describe(options);
  if (
    description !== undefined &&
    !checkResourceAllowed({ requestedResource: resource, configuredResource: description.resource })
  ) {
    throw unavailable(server, 'describes another resource than itself, so nobody can sign in to it safely.');
  }
  const [firstServer] = description?.authorization_servers ?? [];
  // 2025-03-26: the server itself is the authorization server.
  const authorizationServer = firstServer ?? String(new URL('/', resource));
  requireTls(server, [authorizationServer]);
  const metadata = await authorizationMetadata(server, authorizationServer, fetch);
  requireTls(server, placesOf(metadata));
  if (metadata === undefined && firstServer !== undefined) {
    throw unavailable(
      server,
      `names the authorization server ${originOf(firstServer)}, which does not describe itself.`,
    );
  }
  const issuer = metadata?.issuer ?? authorizationServer;
  if (options.issuer !== undefined && !isSameIssuer(options.issuer, issuer)) {
    throw unavailable(
      server,
      `names an authorization server that is not the "issuer" of its entry (${originOf(issuer)}); nothing was sent to it.`,
    );
  }
  return {
    issuer,
    authorizationServer,
    metadata,
    indicator: description?.resource ?? resource,
    scopes: description?.scopes_supported?.join(' '),
    isBound: isBound(options, description, metadata),
  };
}

const ENDPOINTS = ['token_endpoint', 'registration_endpoint', 'device_authorization_endpoint'];

/** The places to which secrets go. The page for people is checked where it is shown. */
function placesOf(metadata: AuthorizationServerMetadata | undefined): string[] {
  const described: Readonly<Record<string, unknown>> = metadata ?? {};
  return ENDPOINTS.map((name) => described[name]).filter((place) => typeof place === 'string');
}

/** Whatever the owner accepts for the server itself: codes, secrets of clients and tokens that renew others go there. */
function requireTls(server: string, places: readonly string[]): void {
  const plain = places
    .map((place) => parseUrl(place))
    .find((url) => url?.protocol === 'http:' && !isLoopback(url.hostname));
  if (plain === undefined) return;
  throw unavailable(
    server,
    `has an authorization server at ${plain.origin}, which needs https: nothing was sent to it.`,
  );
}

/** RFC 9728, section 2, for what the server takes; RFC 9449, section 5.1, for what its authorization server can do. */
function isBound(
  { isForProof = false }: DiscoveryOptions,
  description: OAuthProtectedResourceMetadata | undefined,
  metadata: AuthorizationServerMetadata | undefined,
): boolean {
  const isTaken =
    isForProof ||
    description?.['dpop_bound_access_tokens_required'] === true ||
    has(description?.['dpop_signing_alg_values_supported']);
  const offered: Readonly<Record<string, unknown>> = metadata ?? {};
  return isTaken && has(offered['dpop_signing_alg_values_supported']);
}

function has(algorithms: unknown): boolean {
  return Array.isArray(algorithms) && algorithms.includes(PROOF_ALGORITHM);
}

/** The description that the server gives of itself; undefined for none. @throws GatewayError SERVER_UNAVAILABLE where it must not be asked, or cannot */
export async function describe(
  options: Pick<DiscoveryOptions, 'resource' | 'resourceMetadata' | 'fetch'>,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  const { resource, resourceMetadata: url, fetch } = options;
  try {
    const place = url !== undefined && isUrl(url) ? { resourceMetadataUrl: url } : {};
    return await discoverOAuthProtectedResourceMetadata(resource, place, fetch);
  } catch (error) {
    // A server that must not be asked, or cannot be reached, is no server without metadata.
    if (error instanceof GatewayError) throw error;
    return undefined;
  }
}

async function authorizationMetadata(
  server: string,
  authorizationServer: string,
  fetch: GuardedFetch,
): Promise<AuthorizationServerMetadata | undefined> {
  const unusable = (what: string): GatewayError =>
    unavailable(server, `names the authorization server ${originOf(authorizationServer)}, which ${what}.`);
  try {
    // Compared here (RFC 8414, section 3.3), for the package tells slashes apart that mean nothing.
    const options = { fetchFn: fetch, skipIssuerValidation: true };
    const metadata = await discoverAuthorizationServerMetadata(authorizationServer, options);
    if (metadata === undefined || isSameIssuer(metadata.issuer, authorizationServer)) return metadata;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unusable('describes itself in a way that cannot be used');
  }
  throw unusable('says that it is another one, and is not trusted');
}
