/** Failed exchanges as failures of a server: what went wrong on the way to it, and what to do about that. */
import undiciErrors from 'undici/lib/core/errors.js';
import type { GatewayError } from '../../shared/errors.ts';
import { unavailable, WITHOUT_EFFECT } from '../failures.ts';
import { NO_ROOM } from './answer-budget.ts';
import { DecodingError } from './content-decoding.ts';
import type { ProxyServer } from './egress-proxy.ts';
import { BodyTooLongError, BrokenResponseError, NoRoomError, NotSentError } from './http-exchange.ts';
import { ResponseSyntaxError } from './http1-response.ts';
import { ProxyRefusal } from './proxy-tunnel.ts';

interface RequestFacts {
  /** Bytes that its response may have; undefined where they are not counted. */
  readonly maxBytes: number | undefined;
  /** The proxy that leads to the server. */
  readonly proxy: ProxyServer | undefined;
}

/** SERVER_UNAVAILABLE for what an exchange rejects with. */
export function networkError(server: string, error: unknown, { maxBytes, proxy }: RequestFacts): GatewayError {
  if (error instanceof BrokenResponseError) return unavailable(server, 'broke off its answer.', { cause: error.cause });
  if (error instanceof BodyTooLongError) return bodyTooLong(server, maxBytes ?? 0);
  if (error instanceof NoRoomError) return unavailable(server, NO_ROOM);
  if (error instanceof DecodingError) {
    return unavailable(server, 'sent a compressed answer that cannot be read.', { cause: error.cause });
  }
  const reason = error instanceof NotSentError ? error.cause : error;
  const code = errorCode(reason);
  // Only codes: the text of the error may quote the address, and that may hold a credential.
  const isForeign = reason instanceof undiciErrors.HTTPParserError || reason instanceof ResponseSyntaxError;
  const fallback = isForeign ? 'answers, but not with HTTP' : `cannot be reached (${code})`;
  const certificate = CERTIFICATES.get(code);
  const what =
    certificate === undefined
      ? (throughProxy(proxy, reason, code) ?? CODES.get(code) ?? fallback)
      : `${certificate} (${code})`;
  const cause = reason instanceof undiciErrors.InvalidArgumentError ? undefined : reason;
  if (reason === error) return unavailable(server, `${what}.`, { cause });
  const next = 'Try again later, or check its entry in the servers file.';
  return unavailable(server, `${what}. ${next}`, { cause, data: WITHOUT_EFFECT });
}

/** SERVER_UNAVAILABLE for a body of more than `maxBytes`. */
export function bodyTooLong(server: string, maxBytes: number): GatewayError {
  return unavailable(server, `sent an answer of more than ${maxBytes} bytes.`);
}

/** Says what went wrong between here and a proxy; undefined where it is not known to be there. */
function throughProxy(proxy: ProxyServer | undefined, reason: unknown, code: string): string | undefined {
  if (proxy === undefined) return undefined;
  const { host } = proxy.url;
  if (reason instanceof ProxyRefusal) {
    const wants = reason.status === 407 ? ' It wants a user name and a password: put them into its address.' : '';
    return `cannot be reached: the proxy ${host} makes no connection to it (HTTP ${reason.status}).${wants}`.replace(
      /\.$/,
      '',
    );
  }
  return CODES.has(code) ? `cannot be reached through the proxy ${host} (${code})` : undefined;
}

const FOREIGN_AUTHORITY =
  'has a certificate of an authority that is not known here: name the file of that authority as "ca" in its entry';

/** Flaws of the certificate of a server, whichever way it was reached. */
const CERTIFICATES: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', FOREIGN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', FOREIGN_AUTHORITY],
  ['SELF_SIGNED_CERT_IN_CHAIN', FOREIGN_AUTHORITY],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', FOREIGN_AUTHORITY],
  ['CERT_HAS_EXPIRED', 'has a certificate that has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'has a certificate for another name than the one in its entry'],
]);

const CODES: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refuses connections: nothing listens at its address'],
  ['ENOTFOUND', 'cannot be found: its host name does not resolve'],
  ['EAI_AGAIN', 'cannot be found now: its host name does not resolve at the moment'],
  ...both('UND_ERR_CONNECT_TIMEOUT', 'CONNECT_TIMEOUT', 'does not accept a connection in time'),
  ...both('UND_ERR_HEADERS_OVERFLOW', 'HEAD_TOO_LONG', 'sends more headers than a response may have'),
  ...both('UND_ERR_INVALID_ARG', 'INVALID_REQUEST_HEADER', 'has a header in its entry that HTTP does not allow'),
  ['UND_ERR_SOCKET', 'closed the connection before it answered'],
  ['ECONNRESET', 'closed the connection before it answered'],
]);

/** Errors that undici and our own client call by two names. */
function both(undici: string, own: string, what: string): [string, string][] {
  return [
    [undici, what],
    [own, what],
  ];
}

/** The code of an error of the system, of TLS or of a client. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown error';
  // Several addresses were tried: the first failure speaks for all.
  const [first] = (error as { errors?: unknown[] }).errors ?? [];
  const { code } = (first ?? error) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown error';
}
