/** Headers of a message that is sent with POST, by the revision that it is of (basic/transports). */

import { parseMessage } from '../../protocol/json-rpc.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import { encodeHeaderValue } from '../../protocol/param-headers.ts';
import { NAMED } from '../../protocol/request-headers.ts';
import { isModern } from '../../protocol/revisions.ts';
import type { Outgoing } from './channel.ts';
import type { HttpSession } from './http-session.ts';

/** @returns a new object */
export function postHeaders(message: Outgoing, session: Pick<HttpSession, 'headers'>): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const { method, revision } = message;
  if (method === 'initialize') return headers;
  if (revision === undefined || !isModern(revision)) return Object.assign(headers, session.headers());
  headers['mcp-protocol-version'] = revision;
  headers['mcp-method'] = method;
  return Object.assign(headers, nameHeader(message), message.headers);
}

/** `Mcp-Name`: what the request is about, where its method has that. */
function nameHeader({ method, text, headers }: Outgoing): Record<string, string> | undefined {
  const field = NAMED.get(method);
  if (field === undefined || headers?.['mcp-name'] !== undefined) return undefined;
  const parsed = parseMessage(text, 'server');
  const name = parsed.kind === 'request' ? stringValue(text, findMember(parsed.params, field)) : undefined;
  return name === undefined ? undefined : { 'mcp-name': encodeHeaderValue(name) };
}
