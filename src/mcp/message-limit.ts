/**
 * Messages that a client over stdio cannot read: the official ones give up the connection, and with it every server, at a message that
 * does not fit their buffer (`STDIO_DEFAULT_MAX_BUFFER_SIZE` of the SDKs, 10 MiB). The protocol has no limit to agree on.
 */
import { protocolFailure } from '../operations/server-methods/protocol-failure.ts';
import { failureAnswer } from '../operations/tool-answer.ts';
import type { CallOutcome } from '../pipeline/caller.ts';
import { GatewayError } from '../shared/errors.ts';

/** Bytes of one message; what comes with it in one read, 64 KiB of a pipe, has its place in the buffer too. */
export const STDIO_MESSAGE_BYTES = 10 * 1024 * 1024 - 256 * 1024;

/** True if the UTF-8 of a text has more bytes. Most texts are so short that nobody has to count. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

/** The error in the place of an answer that is too long. */
export function tooLongOutcome(method: string, text: string, bytes: number): CallOutcome {
  const isCall = method === 'tools/call';
  const size = `${Buffer.byteLength(text)} bytes, and a client over stdio can read ${bytes} at once`;
  const what = isCall ? 'The call was executed, but its answer' : 'The answer';
  const error = new GatewayError(
    'RESULT_TOO_LONG',
    `${what} has ${size}. Ask for less at a time, or connect over HTTP.`,
  );
  return isCall ? failureAnswer(error.code, error.message) : protocolFailure(error);
}
