/**
 * The assertion with which the gateway gets tokens for itself (RFC 7523, section 2.1): the JWT of its platform (MCP extension
 * "Workload Identity Federation"), or what an identity provider gives for the identity token of a person (MCP extension
 * "Enterprise-Managed Authorization").
 */

import { open, stat } from 'node:fs/promises';
import { buildDiscoveryUrls, requestJwtAuthorizationGrant } from '@modelcontextprotocol/client';
import type { AssertionSource, IdentityProvider } from '../../config/oauth-definition.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isUrl } from '../../shared/parse-url.ts';
import { systemCode } from '../../shared/system-code.ts';
import { unavailable } from '../failures.ts';
import type { Discovery } from './discovery.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isSameIssuer, originOf } from './issuer.ts';

/** Bytes: more than authorization servers take. */
const MAX_ASSERTION = 64 * 1024;

interface AssertionContext {
  readonly server: string;
  readonly discovery: Discovery;
  readonly fetch: GuardedFetch;
  readonly scope: string | undefined;
  /** Takes what must not be written anywhere, before it is sent. */
  readonly keepSecret: (value: string) => void;
}

/** @throws GatewayError SERVER_UNAVAILABLE, AUTH_REQUIRED */
export async function assertionFor(
  context: AssertionContext,
  source: AssertionSource,
  provider: IdentityProvider | undefined,
): Promise<string> {
  const own = await readAssertion(context.server, source);
  context.keepSecret(own);
  if (provider === undefined) return own;
  const grant = await exchanged(context, own, provider);
  context.keepSecret(grant);
  return grant;
}

/** Platforms write a new one into the file before the old one ends. */
async function readAssertion(server: string, source: AssertionSource): Promise<string> {
  if ('text' in source) return source.text;
  const text = await beginningOf(source.file).catch((error: unknown) => {
    const why = systemCode(error) ?? 'unknown error';
    throw unavailable(server, `needs the "assertionFile" of its entry, which cannot be read (${why}).`);
  });
  if (text === undefined || text.length > MAX_ASSERTION)
    throw unavailable(server, `needs the "assertionFile" of its entry, which holds no JWT.`);
  if (text.trim() === '') throw unavailable(server, 'needs the "assertionFile" of its entry, which is empty.');
  return text.trim();
}

/** The text of a file, as far as a JWT goes and a byte more; undefined for what is no file, such as a pipe without an end. */
async function beginningOf(path: string): Promise<string | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_ASSERTION + 1), 0, MAX_ASSERTION + 1, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The grant for the server's authorization server (RFC 8693; draft-ietf-oauth-identity-assertion-authz-grant). */
async function exchanged(
  { server, discovery, fetch, scope }: AssertionContext,
  idToken: string,
  { issuer, clientId, clientSecret }: IdentityProvider,
): Promise<string> {
  const refused = (why: string): GatewayError =>
    new GatewayError(
      'AUTH_REQUIRED',
      `The identity provider of "${server}" (${originOf(issuer)}) ${why}: correct "oauth" in the servers file.`,
    );
  try {
    const tokenEndpoint = await tokenEndpointOf(issuer, fetch);
    if (tokenEndpoint === undefined) throw refused('does not describe itself');
    const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
      tokenEndpoint,
      audience: discovery.issuer,
      resource: discovery.indicator,
      idToken,
      clientId,
      ...(clientSecret === undefined ? {} : { clientSecret }),
      ...(scope === undefined ? {} : { scope }),
      fetchFn: fetch,
    });
    return jwtAuthGrant;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw refused('gives no grant for the identity token of the entry');
  }
}

/** As the identity provider describes itself (RFC 8414, or OpenID discovery), whatever else it leaves out. */
async function tokenEndpointOf(issuer: string, fetch: GuardedFetch): Promise<string | undefined> {
  for (const { url } of buildDiscoveryUrls(issuer)) {
    const response = await fetch(url, { headers: { accept: 'application/json' } });
    const described = response.ok ? await response.json().catch(() => undefined) : undefined;
    const { issuer: own, token_endpoint: endpoint } = (described ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof own !== 'string' || typeof endpoint !== 'string') continue;
    return isSameIssuer(own, issuer) && isUrl(endpoint) ? endpoint : undefined;
  }
  return undefined;
}
