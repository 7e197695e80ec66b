/** Headers that callers may give. */

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Headers that say who calls, where to, how the message is framed, or what becomes of the connection; and those that OpenAPI itself leaves to
 * other parts of a document (3.1.1, section 4.8.12.1).
 */
const NOT_GIVEN: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'cookie2',
  'dpop',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);
const NOT_GIVEN_BEGINNINGS = ['proxy-', 'sec-', 'x-forwarded-', 'x-http-method', 'x-original-', 'x-rewrite-'];

/** True for a header that belongs to one operation and not to the request as such. */
export function isOwnHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    TOKEN.test(name) &&
    !NOT_GIVEN.has(lower) &&
    lower !== 'x-method-override' &&
    !NOT_GIVEN_BEGINNINGS.some((beginning) => lower.startsWith(beginning))
  );
}
