/** Request metadata that 2026-07-28 mirrors into HTTP headers (basic/transports/streamable-http, Request Metadata). */

import type { RequestMessage } from './json-rpc.ts';
import { findMember, stringValue } from './members.ts';

interface MirroredHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
}

/** Methods that have an `Mcp-Name`, and the parameter that it mirrors. */
export const NAMED: ReadonlyMap<string, 'name' | 'uri' | 'taskId'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  // ext-tasks, Routing Headers.
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

const SENTINEL = /^=\?base64\?(.*)\?=$/s;
/** The characters of a value (RFC 9110 section 5.5). */
const VISIBLE = /^[\x20-\x7e\t]*$/;

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
  // Official clients leave it out where a task is meant (ext-tasks, Routing Headers): nothing contradicts the body then.
  if (headers.name === undefined && field === 'taskId') return undefined;
  const expected = stringValue(request.text, findMember(request.params, field));
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
 * @returns undefined for characters that no header may have, and where the sentinel does not hold UTF-8 in proper base64.
 */
export function decodeHeaderValue(value: string): string | undefined {
  if (!VISIBLE.test(value)) return undefined;
  const encoded = SENTINEL.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
