/**
 * The paths that clients ask for when they try to sign in because of a 401, where there is nothing to sign in to: no principal names an issuer. They
 * take the gateway for its own authorization server then (MCP 2025-03-26, Authorization, fallbacks), and would register with it.
 */
import type { McpResponse } from '../../mcp/response.ts';

const WELL_KNOWN = /^(?:\/mcp(?:\/servers\/[^/]*)?)?\/\.well-known\//;
const ENDPOINTS: ReadonlySet<string> = new Set(['/register', '/authorize', '/token']);

/** @returns the answer at a path of such a client, which has no credential; undefined for any other path */
export function refusedSignIn(path: string): McpResponse | undefined {
  if (WELL_KNOWN.test(path)) return { status: 404, text: JSON.stringify({ error: 'not_found' }) };
  if (!ENDPOINTS.has(path)) return undefined;
  // RFC 6749 section 5.2: clients show this sentence.
  const description =
    'There is nothing to sign in to: this gateway takes tokens that its owner gives out. Send one as Authorization: Bearer TOKEN.';
  return { status: 403, text: JSON.stringify({ error: 'access_denied', error_description: description }) };
}
