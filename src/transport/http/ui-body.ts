import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../shared/errors.ts';

/** A rules file fits. Bytes. */
const MAX_BODY = 4 * 1024 * 1024;

/** The JSON value that a request carries. @throws GatewayError INVALID_PARAMS for anything else */
export async function readUiBody(request: IncomingMessage): Promise<unknown> {
  // A form of another page cannot send this type without being asked first.
  if (request.headers['content-type'] !== 'application/json') throw invalid('The body must be JSON.');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) throw invalid('The body is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw invalid('The body must be JSON.');
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('INVALID_PARAMS', message);
}
