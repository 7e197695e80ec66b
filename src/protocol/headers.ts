/** Request metadata that 2026-07-28 mirrors into HTTP headers (basic/transports/streamable-http, Request Metadata). */
import { type RequestMessage, stringValue } from './messages.ts';
import { findMember } from './scan.ts';

export interface MirroredHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
}

/** Methods whose `Mcp-Name` is required, and the parameter that it mirrors. */
const NAMED: ReadonlyMap<string, 'name' | 'uri'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/**
 * Compares the headers of a request with its body, which decides.
 * @param declared the protocol version in the body's `_meta`.
 * @returns what does not match, as a sentence; undefined where all does.
 */
export function headerMismatch(
  request: RequestMessage,
  declared: string,
  headers: MirroredHeaders,
): string | undefined {
  if (headers.version !== declared)
    return mismatch('MCP-Protocol-Version', headers.version, 'the version in params._meta');
  if (headers.method !== request.method) return mismatch('Mcp-Method', headers.method, 'the method');
  const field = NAMED.get(request.method);
  if (field === undefined) return undefined;
  const member = findMember(request.params, field);
  const expected = member === undefined ? undefined : stringValue(request.text, member);
  if (headers.name === undefined || decodeHeaderValue(headers.name) !== expected) {
    return mismatch('Mcp-Name', headers.name, `params.${field}`);
  }
  return undefined;
}

function mismatch(header: string, value: string | undefined, source: string): string {
  return value === undefined
    ? `Header mismatch: ${header} is missing; it must repeat ${source}.`
    : `Header mismatch: ${header} does not repeat ${source}.`;
}

/**
 * A header value with the base64 sentinel decoded (same page, Value Encoding).
 * @returns undefined where the sentinel holds no valid UTF-8.
 */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = SENTINEL.exec(value)?.[1];
  if (encoded === undefined) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}
