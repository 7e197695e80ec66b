/** URIs of resources that carry their server: `mcp://SERVER/ORIGINAL`; templates keep their expressions. */

const WRAPPED = /^mcp:\/\/([^/]+)\/(.+)$/s;
/** MCP Apps: hosts read these as the tools' `_meta.ui` names them, so they stay as they are. */
const VERBATIM = /^ui:\/\//i;

export function exposedUri(server: string, uri: string): string {
  return VERBATIM.test(uri) ? uri : `mcp://${encodeURIComponent(server)}/${uri}`;
}

/** @returns undefined where the URI carries no server. */
export function splitUri(exposed: string): { readonly server: string; readonly uri: string } | undefined {
  const match = WRAPPED.exec(exposed);
  if (match === null) return undefined;
  const [, server = '', uri = ''] = match;
  try {
    return { server: decodeURIComponent(server), uri };
  } catch {
    return undefined;
  }
}

/**
 * Whether a URI may come from a template (RFC 6570): its literal parts occur in order, each expression stands for anything.
 * Linear in the length of the URI.
 */
export function fitsTemplate(uri: string, template: string): boolean {
  const [first = '', ...rest] = template.split(/\{[^{}]*\}/);
  if (rest.length === 0) return uri === template;
  if (!uri.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}
