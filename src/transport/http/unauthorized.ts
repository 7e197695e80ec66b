/** Refusals of requests that prove nobody, or nobody who may do anything (RFC 6750 section 3). */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Authentication } from '../../identity/authentication.ts';
import type { ProtectedResource } from '../../identity/protected-resource.ts';
import { type McpResponse, refusal } from '../../mcp/response.ts';
import { sendJson } from './mcp-reply.ts';

type Refused = Extract<Authentication, { kind: 'refused' }>;

/** 401, or 403 where the credential is good but grants nothing; says where to get a better one where there is such a place. */
export function challenge(
  response: ServerResponse,
  { error }: Refused,
  resource: ProtectedResource | undefined,
  headers: OutgoingHttpHeaders,
): void {
  const parameters = [
    'realm="agent-mcp-gateway"',
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(resource === undefined || resource.scopes.length === 0 ? [] : [`scope="${resource.scopes.join(' ')}"`]),
    ...(resource === undefined ? [] : [`resource_metadata="${resource.metadataUrl}"`]),
  ];
  const answer = error === 'insufficient_scope' ? INSUFFICIENT : INVALID;
  sendJson(response, answer, { ...headers, 'www-authenticate': `Bearer ${parameters.join(', ')}` });
}

/** 429: the address sent too many requests without a good credential. One with a good credential is never held up. */
export function tooMany(response: ServerResponse, waitMs: number, headers: OutgoingHttpHeaders): void {
  const seconds = Math.ceil(waitMs / 1000);
  const message = `Too many requests without a valid token from this address: wait ${seconds} s.`;
  const answer = { ...refusal('null', 'INVALID_REQUEST', message), status: 429 };
  sendJson(response, answer, { ...headers, 'retry-after': String(seconds), connection: 'close' });
}

const INVALID: McpResponse = {
  ...refusal('null', 'INVALID_REQUEST', 'A valid bearer token is needed: send it as Authorization: Bearer TOKEN.'),
  status: 401,
};

const INSUFFICIENT: McpResponse = {
  ...refusal('null', 'INVALID_REQUEST', 'The token is valid but grants no agent here: get one with another scope.'),
  status: 403,
};
