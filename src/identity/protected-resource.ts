/** The metadata with which a client finds the authorization server (RFC 9728; MCP authorization, Protected Resource Metadata). */

import type { JwtDefinition, Snapshot } from '../config/snapshot.ts';
import { isUrl } from '../shared/parse-url.ts';

export const METADATA_PATH = '/.well-known/oauth-protected-resource';

export interface ProtectedResource {
  /** The URL of the metadata. */
  readonly metadataUrl: string;
  readonly scopes: readonly string[];
  /** The document itself. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * The gateway as a protected resource; undefined where no principal names an issuer: static tokens have no authorization
 * server, and clients would start a flow that cannot end.
 * @param host `Host` of the request, already found to be allowed.
 */
export function protectedResource({ principals }: Snapshot, host: string): ProtectedResource | undefined {
  const issuers = [...(principals?.values() ?? [])].flatMap(({ jwt }) => (jwt === undefined ? [] : [jwt]));
  if (issuers.length === 0) return undefined;
  const resource = resourceOf(issuers) ?? new URL(`http://${host}/mcp`);
  const scopes = [...new Set(issuers.flatMap(({ scopes }) => [...(scopes?.keys() ?? [])]))];
  return {
    metadataUrl: `${resource.origin}${METADATA_PATH}${resource.pathname}`,
    scopes,
    metadata: {
      resource: resource.href,
      authorization_servers: [...new Set(issuers.map(({ issuer }) => issuer))],
      bearer_methods_supported: ['header'],
      resource_name: 'agent-mcp-gateway',
      ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    },
  };
}

/** The owner names the gateway's address by making it the audience, which is what issuers do with it (RFC 8707). */
function resourceOf(issuers: readonly JwtDefinition[]): URL | undefined {
  const found = issuers.find(({ audience }) => /^https?:\/\//.test(audience) && isUrl(audience));
  return found && new URL(found.audience);
}
