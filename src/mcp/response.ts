/** Answers as text, with the HTTP status that goes with them. */
import type { CallOutcome } from '../pipeline/caller.ts';
import { type CallerCodec, errorText, legacyCodec, ownResult } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { CATALOGUE, type ErrorCode } from '../shared/errors.ts';

/** An answer as text, and the HTTP status that a 2026-07-28 caller gets with it. */
export interface McpResponse {
  readonly text: string;
  readonly status: number;
  /** The code of the error of the protocol that it is. */
  readonly error?: number;
  /** The text in pieces, where it is so large that putting it together for nothing should be avoided. */
  readonly pieces?: readonly string[];
}

/** Characters from which a result is large. */
const LARGE = 32 * 1024;

/** An error of the protocol, as an answer. */
export function refusal(id: string, code: ErrorCode, message: string, data?: string): McpResponse {
  const entry = CATALOGUE[code];
  return { text: errorText(id, entry.rpc, message, data), status: entry.http, error: entry.rpc };
}

/** The answer to `ping`. */
export function pong(id: string): McpResponse {
  return { text: legacyCodec.result(id, ownResult({})), status: 200 };
}

/** The outcome of a method that there is not. */
export function unknownMethod(method: string): CallOutcome & { readonly kind: 'error' } {
  return { kind: 'error', code: CATALOGUE.METHOD_NOT_FOUND.rpc, message: `Method not found: ${method.slice(0, 128)}` };
}

/** Statuses that 2026-07-28 gives errors of a server; all others are answers like any other (streamable-http). */
const STATUS: ReadonlyMap<number, number> = new Map(
  (['HEADER_MISMATCH', 'MISSING_CLIENT_CAPABILITY', 'METHOD_NOT_FOUND'] as const).map((code) => {
    const { rpc, http } = CATALOGUE[code];
    return [rpc, http];
  }),
);

/** The outcome of an operation, as its caller's era writes it. */
export function written(request: RequestMessage, outcome: CallOutcome, codec: CallerCodec): McpResponse {
  if (outcome.kind === 'result') {
    const { body, cache } = outcome;
    if (body.text.length < LARGE) return { text: codec.result(request.id, body, cache), status: 200 };
    const pieces = codec.pieces(request.id, body, cache);
    // Concatenated, it is not copied before somebody reads it.
    return { text: pieces.reduce((all, piece) => all + piece, ''), status: 200, pieces };
  }
  const { code, message, data } = outcome;
  return { text: errorText(request.id, code, message, data), status: STATUS.get(code) ?? 200, error: code };
}
