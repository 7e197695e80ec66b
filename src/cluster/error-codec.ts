/** Errors of the catalogue on their way from one worker to another. */
import { type ErrorCode, GatewayError, isErrorCode } from '../shared/errors.ts';

export type ErrorText = readonly [code: string, message: string, data: Record<string, unknown> | null];

/** Hides the text of what is no error of the catalogue: it is a fault of ours. */
export function encodeError(error: unknown): ErrorText {
  if (!(error instanceof GatewayError)) return ['INTERNAL', 'The gateway failed on this call.', null];
  return [error.code, error.message, error.data === undefined ? null : { ...error.data }];
}

export function decodeError([code, message, data]: ErrorText): GatewayError {
  const known: ErrorCode = isErrorCode(code) ? code : 'INTERNAL';
  return new GatewayError(known, message, data === null ? {} : { data });
}
