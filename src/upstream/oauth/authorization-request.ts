/** The link under which a person signs in to a server (RFC 6749, section 4.1.1), and what its response is checked with. */
import { startAuthorization } from '@modelcontextprotocol/client';
import { isLoopback } from '../../config/settings.ts';
import { unavailable } from '../failures.ts';
import type { RegisteredClient } from './credential.ts';
import type { Discovery } from './discovery.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import { ProofSession } from './proof-session.ts';
import { clientFor } from './registration.ts';
import type { TokenManager } from './token-manager.ts';
import { unionOf } from './www-authenticate.ts';

export interface AuthorizationRequest {
  readonly tokenManager: TokenManager;
  readonly discovery: Discovery;
  readonly client: RegisteredClient;
  readonly scope: string | undefined;
  /** PKCE code verifier. */
  readonly verifier: string;
  readonly redirectUri: string;
  /** The key that the tokens will be bound to, where they are. */
  readonly proof: ProofSession | undefined;
  /** The page that the person opens. */
  readonly url: string;
}

/**
 * Discovers the authorization server, registers the gateway where that is needed, and makes the link.
 * @throws GatewayError SERVER_UNAVAILABLE saying why nobody can sign in.
 */
export async function createAuthorizationRequest(
  tokenManager: TokenManager,
  redirectUri: string,
  state: string,
): Promise<AuthorizationRequest> {
  const { server } = tokenManager;
  const discovery = await tokenManager.resolver.resolve();
  const { authorizationServer, metadata, indicator } = discovery;
  const stored = await storedClient(tokenManager, discovery);
  checkPkce(server, discovery);
  const scope = scopeOf(tokenManager, discovery);
  const client = await registeredClient(tokenManager, { discovery, redirectUri, scope, stored });
  const { authorizationUrl, codeVerifier: verifier } = await startAuthorization(authorizationServer, {
    ...(metadata === undefined ? {} : { metadata }),
    clientInformation: { client_id: client.id },
    redirectUrl: redirectUri,
    state,
    resource: indicator,
    ...(scope === undefined ? {} : { scope }),
  });
  const proof = discovery.isBound ? await ProofSession.begin() : undefined;
  // The code is bound as well (RFC 9449, section 10).
  if (proof !== undefined) authorizationUrl.searchParams.set('dpop_jkt', proof.dpop.thumbprint);
  const url = checkedPage(server, authorizationUrl);
  return { tokenManager, discovery, client, scope, verifier, redirectUri, proof, url };
}

/**
 * The client of the last sign-in with this authorization server.
 * @throws GatewayError SERVER_UNAVAILABLE where the last one was with another, which got the client of the entry.
 */
export async function storedClient(
  { server, oauth, credential }: TokenManager,
  { issuer }: Discovery,
): Promise<RegisteredClient | undefined> {
  const stored = await credential.load();
  if (stored === undefined || isSameIssuer(stored.issuer, issuer)) return stored?.credential.client;
  if (oauth?.clientId === undefined) return undefined;
  throw unavailable(
    server,
    `names another authorization server (${originOf(issuer)}) than the one that the "clientId" of its entry was used with. If that is meant, run: agent-mcp-gateway auth logout ${server}`,
  );
}

/** An authorization server that says nothing about PKCE has none (2026-07-28, basic/authorization, Authorization Code Protection). */
function checkPkce(server: string, { issuer, metadata }: Discovery): void {
  if (metadata === undefined || metadata.code_challenge_methods_supported?.includes('S256') === true) return;
  throw unavailable(
    server,
    `belongs to the authorization server ${originOf(issuer)}, which has no PKCE: signing in there is not safe.`,
  );
}

interface ClientNeeds {
  readonly discovery: Discovery;
  /** Undefined where nobody is sent back. */
  readonly redirectUri: string | undefined;
  readonly scope: string | undefined;
  readonly stored: RegisteredClient | undefined;
}

/** The client that asks, stored where it was registered: a later sign-in uses it again, or knows that this one was not finished. */
export async function registeredClient(
  { server, oauth, fetch, credential }: TokenManager,
  { stored, ...needs }: ClientNeeds,
): Promise<RegisteredClient> {
  const { issuer, indicator } = needs.discovery;
  const trusted = stored?.isDoubtful === true ? undefined : stored;
  const client = await clientFor({ server, oauth, fetch, ...needs, stored: trusted });
  if (client.known !== 'registered') return client;
  if (client === trusted) await credential.doubtClient(issuer, client.id);
  else await credential.saveClient(issuer, indicator, client);
  return client;
}

/** Scope Selection Strategy: what the owner or the challenge says, or what the server names for itself; nothing otherwise. */
export function scopeOf(tokenManager: TokenManager, { issuer, scopes, metadata }: Discovery): string | undefined {
  const scope = tokenManager.scopeFor(issuer) ?? scopes;
  // Refresh Tokens: asked for where the authorization server offers them that way.
  const isOffered = metadata?.scopes_supported?.includes('offline_access') === true;
  return scope !== undefined && isOffered ? unionOf(scope, 'offline_access') : scope;
}

/** The link is opened by a person's browser, so it must be one that browsers open as a page. */
export function checkedPage(server: string, url: URL): string {
  const isPage = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (isPage && url.username === '' && url.password === '') return url.href;
  throw unavailable(
    server,
    'belongs to an authorization server whose sign-in page is not an https address; it is not opened.',
  );
}
