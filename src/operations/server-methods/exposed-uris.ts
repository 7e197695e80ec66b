/**
 * URIs of resources that carry their server: `mcp://SERVER/ORIGINAL`, and `ui://SERVER/REST` for `ui://REST`, since hosts of
 * MCP Apps read no other scheme. Templates keep their expressions.
 */

const WRAPPED = /^mcp:\/\/([^/]+)\/(.+)$/s;
const APP = /^ui:\/\//i;
const WRAPPED_APP = /^ui:\/\/([^/]+)\/(.+)$/is;

export function exposedUri(server: string, uri: string): string {
  const name = encodeURIComponent(server);
  return APP.test(uri) ? `ui://${name}/${uri.slice('ui://'.length)}` : `mcp://${name}/${uri}`;
}

/** @returns undefined where the URI carries no server; one of `ui://` may be a server's own all the same. */
export function splitUri(exposed: string): { readonly server: string; readonly uri: string } | undefined {
  const match = WRAPPED.exec(exposed);
  const app = match === null ? WRAPPED_APP.exec(exposed) : null;
  const [, server = '', rest = ''] = match ?? app ?? [];
  if (server === '') return undefined;
  try {
    return { server: decodeURIComponent(server), uri: app === null ? rest : `ui://${rest}` };
  } catch {
    return undefined;
  }
}

export function isAppUri(uri: string): boolean {
  return APP.test(uri);
}
