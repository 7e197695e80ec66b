import type { Era } from '../../protocol/revisions.ts';
import { CATALOGUE, type ErrorCode, type GatewayError } from '../../shared/errors.ts';
import type { ToolAnswer } from '../operation.ts';

/** A failure of a request that has no tool result to put it into: an error of the protocol, its code in `data`. */
export function protocolFailure({ code, message }: GatewayError): ToolAnswer {
  return { kind: 'error', code: CATALOGUE[code].rpc, message, data: JSON.stringify({ code }) };
}

/** The error for a thing that does not exist, and for a denied one: both look the same. */
const HIDDEN: ReadonlySet<ErrorCode> = new Set([
  'DENIED_BY_POLICY',
  'TOOL_NOT_FOUND',
  'UNKNOWN_HANDLE',
  'INVALID_AGENT_ID',
  'FALLBACK_AGENT_NOT_IN_RULES',
  'NO_FALLBACK_CONFIGURED',
]);

/** The answer for a resource that is not there: -32002 until 2025-11-25, -32602 since. */
export function resourceNotFound(era: Era, uri: string): ToolAnswer {
  const code = era === 'modern' ? -32602 : -32002;
  return { kind: 'error', code, message: 'Resource not found', data: JSON.stringify({ uri }) };
}

/** @param missing the answer for what the caller may not know of. */
export function hidingFailure(error: GatewayError, missing: ToolAnswer): ToolAnswer {
  return HIDDEN.has(error.code) ? missing : protocolFailure(error);
}
