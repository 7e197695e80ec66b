/** The bytes of a request of HTTP/1.1 (RFC 9112). */
import { Buffer } from 'node:buffer';
import type { OriginRequest } from './origin-connection.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/;
const TARGET = /^\/[!-~]*$/;
const NOT_ASCII = /[^\0-\x7f]/;

/** Headers that say how the message is framed or what becomes of the connection: they are not for others to set. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Methods of which servers expect a body (RFC 9110, section 8.6). */
const ALWAYS_WITH_LENGTH: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** A header or the address of a request cannot be sent. The message says nothing of its value, which may be a credential. */
class InvalidRequestError extends Error {
  readonly code = 'INVALID_REQUEST_HEADER';
}

/** Head and body as one text where that has the same bytes, which is written at once. */
export type RequestBytes = string | { readonly head: string; readonly body: string | Buffer };

/**
 * @param host of the server, with its port.
 * @throws InvalidRequestError
 */
export function requestBytes({ method, path, headers, body }: OriginRequest, host: string): RequestBytes {
  if (!TARGET.test(path)) throw new InvalidRequestError();
  let fields = '';
  let hasHost = false;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (!TOKEN.test(name) || NOT_IN_VALUES.test(value) || RESERVED.has(lower)) throw new InvalidRequestError();
    if (lower === 'host') hasHost = true;
    fields += `${name}: ${value}\r\n`;
  }
  const start = `${method} ${path} HTTP/1.1\r\n${hasHost ? '' : `host: ${host}\r\n`}connection: keep-alive\r\n${fields}`;
  if (body === null) return ALWAYS_WITH_LENGTH.has(method) ? `${start}content-length: 0\r\n\r\n` : `${start}\r\n`;
  const head = `${start}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  // Values are one byte a character, the body is UTF-8.
  return typeof body !== 'string' || NOT_ASCII.test(fields) ? { head, body } : head + body;
}
