/** Requests that a proxy on the way may read in another way than the gateway are refused (RFC 9112 section 3.2; RFC 9110 section 5.3). */
import type { IncomingMessage } from 'node:http';

/** Headers that say one thing. Node takes the first of some, and joins others. */
const SINGLE = [
  'host',
  'origin',
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
];
/** Each with a bit of its own, at the index of its length: no name is hashed for this. */
const BY_LENGTH: { readonly name: string; readonly bit: number }[][] = [];
for (const [at, name] of SINGLE.entries()) {
  const sameLength = BY_LENGTH[name.length] ?? [];
  sameLength.push({ name, bit: 1 << at });
  BY_LENGTH[name.length] = sameLength;
}

/** @returns 0 for a header that may be there twice */
function bitOf(name: string): number {
  const candidates = BY_LENGTH[name.length];
  if (candidates === undefined) return 0;
  const lower = name.toLowerCase();
  for (const candidate of candidates) if (candidate.name === lower) return candidate.bit;
  return 0;
}

/** @returns what is wrong with a request; undefined for nothing. */
export function ambiguityOf(request: IncomingMessage): string | undefined {
  const { rawHeaders, url = '' } = request;
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const bit = bitOf(name);
    if ((seen & bit) !== 0) return `The header ${name} is there twice.`;
    seen |= bit;
  }
  return url.startsWith('/') || (url === '*' && request.method === 'OPTIONS') ? undefined : takeOrigin(request, url);
}

/** A whole URL as the target, as proxies get it: `Host` must say the same, and what remains is the path. */
function takeOrigin(request: IncomingMessage, url: string): string | undefined {
  const found = /^https?:\/\/([^/?#@\\]+)(\/[^#]*)?$/i.exec(url);
  const [, host, path = '/'] = found ?? [];
  if (host === undefined || host.toLowerCase() !== request.headers.host?.toLowerCase()) {
    return 'The target of the request must be a path, or a URL of the host that Host names.';
  }
  request.url = path;
  return undefined;
}
