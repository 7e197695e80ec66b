/** HTTP to one server: its origin, its configured headers, and nothing that leaves that origin. */

import { isUtf8 } from 'node:buffer';
import type { HttpClientKind } from '../../config/settings.ts';
import type { HttpDefinition } from '../../config/snapshot.ts';
import { Gatherer } from '../../shared/byte-gatherer.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { decodeLarge, isLarge } from '../../shared/large-text.ts';
import { parseUrl } from '../../shared/parse-url.ts';
import { pause } from '../../shared/wait-for.ts';
import { unavailable, WITHOUT_EFFECT } from '../failures.ts';
import { CLIENT_NAME } from '../rpc/envelope.ts';
import { secureContextFor } from './ca-certificates.ts';
import { OFFERED } from './content-decoding.ts';
import { proxyFor } from './egress-proxy.ts';
import { HttpConnections } from './http-connections.ts';
import { dispatch, type HttpResponse, NotSentError } from './http-exchange.ts';
import { bodyTooLong, errorCode, networkError } from './network-error.ts';
import type { HttpMethod } from './origin-connection.ts';

/** Milliseconds before a refused connection is tried again: a server that restarts. */
const REFUSED_PAUSE_MS = 250;
const MAX_REDIRECTS = 3;
/** Bytes of a body that are read although nobody wants them. */
const DISCARDED_BYTES = 128 * 1024;
const BYTE_ORDER_MARK = 0xefbbbf;
/** Bytes of an error page that are looked at. */
const ERROR_BODY_BYTES = 64 * 1024;

export interface HttpRequest {
  readonly method: HttpMethod;
  /** Default the address of the entry. */
  readonly path?: string;
  /** They win over the configured ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  readonly signal: CancelSignal;
  /** Bytes up to which the JSON of a success is gathered first: then the response has it as `whole`. */
  readonly gather?: number | undefined;
  /** True if whoever asks gets redirects as they are, but for those of what only reads within the origin. */
  readonly keepsRedirects?: boolean | undefined;
}

/** Headers that ask for an event stream: as it is, for some servers hold back what they compress until there is much of it. */
export const EVENT_STREAM = { accept: 'text/event-stream', 'accept-encoding': 'identity' } as const;

export interface HttpClient {
  readonly url: URL;
  /** @throws GatewayError SERVER_UNAVAILABLE; the signal's reason when aborted. */
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

export function createHttpClient(
  server: string,
  definition: HttpDefinition,
  version: string,
  kind: HttpClientKind = 'own',
): HttpClient {
  const url = new URL(definition.url);
  const proxy = proxyFor(url);
  const route = { proxy, secureContext: secureContextFor(definition.ca) };
  const connections = new HttpConnections(url.origin, route, kind);
  const configured = new Map([
    ['user-agent', `${CLIENT_NAME}/${version}`],
    ['accept-encoding', OFFERED],
  ]);
  for (const [name, value] of definition.headers) configured.set(name.toLowerCase(), value);
  /** The path of the entry, or where the server redirected it to. */
  let home = url.pathname + url.search;

  const once = (request: HttpRequest, path: string): Promise<HttpResponse> =>
    dispatch(connections, {
      method: request.method,
      path,
      headers: headerList(configured, request.headers),
      body: request.body ?? null,
      signal: request.signal,
      gather: request.gather,
      server,
    });

  /** A connection that was refused carried nothing, so trying again cannot do anything twice. */
  const onceMore = async (request: HttpRequest, error: unknown): Promise<HttpResponse> => {
    if (!request.signal.aborted && error instanceof NotSentError && errorCode(error.cause) === 'ECONNREFUSED') {
      await pause(REFUSED_PAUSE_MS, request.signal);
      return once(request, request.path ?? home).catch((again: unknown) => failed(request, again));
    }
    return failed(request, error);
  };

  const failed = (request: HttpRequest, error: unknown): never => {
    throw request.signal.aborted
      ? request.signal.reason
      : networkError(server, error, { maxBytes: request.gather, proxy });
  };

  const follow = async (request: HttpRequest, first: HttpResponse): Promise<HttpResponse> => {
    let response = first;
    for (let hops = 0; isRedirect(response); hops++) {
      const location = response.header('location') ?? '';
      const target = parseUrl(location, url);
      // The configured headers hold credentials, which belong to this origin alone.
      const mayFollow = target?.origin === url.origin && hops < MAX_REDIRECTS;
      if (request.keepsRedirects === true && !(mayFollow && READS.has(request.method))) return response;
      discard(response);
      if (target === undefined || !mayFollow) {
        throw unavailable(server, `${redirection(target, url)}. Put the final address into its entry.`, {
          data: WITHOUT_EFFECT,
        });
      }
      const path = target.pathname + target.search;
      if (request.path === undefined) home = path;
      response = await once(request, path).catch((error: unknown) => failed(request, error));
    }
    return response;
  };

  return {
    url,
    request: (request) =>
      once(request, request.path ?? home).then(
        (response) => (isRedirect(response) ? follow(request, response) : response),
        (error: unknown) => onceMore(request, error).then((response) => follow(request, response)),
      ),
    close: () => connections.destroy(),
  };
}

/** Names and values in turn, which undici takes as they are. */
function headerList(configured: ReadonlyMap<string, string>, own: Readonly<Record<string, string>>): string[] {
  const list: string[] = [];
  for (const [name, value] of configured) if (!Object.hasOwn(own, name)) list.push(name, value);
  for (const name in own) list.push(name, own[name] ?? '');
  return list;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);
/** Methods that change nothing wherever they are sent. */
const READS: ReadonlySet<HttpMethod> = new Set<HttpMethod>(['GET', 'HEAD', 'OPTIONS']);

/** Says why a redirect is not followed. */
function redirection(target: URL | undefined, from: URL): string {
  if (target === undefined) return 'redirects to nowhere';
  if (target.origin === from.origin) return `redirects more than ${MAX_REDIRECTS} times, perhaps in a circle`;
  return `redirects to ${target.origin}, which is not followed`;
}

function isRedirect(response: HttpResponse): boolean {
  return REDIRECTS.has(response.status) && response.header('location') !== undefined;
}

/** Reads and forgets a body, so that its connection can be used again; a long one costs more than a new connection. */
export function discard(response: HttpResponse): void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES) throw new Error('The rest of the response is not wanted.');
  };
  response.body.read(count).catch(() => undefined);
}

/**
 * The whole body as text.
 * @throws GatewayError SERVER_UNAVAILABLE when it is too long or not UTF-8.
 */
export async function readResponseBody(server: string, response: HttpResponse, maxBytes: number): Promise<string> {
  const gatherer = new Gatherer(maxBytes);
  await response.body.read((chunk) => {
    if (gatherer.length + chunk.length > maxBytes) {
      throw bodyTooLong(server, maxBytes);
    }
    gatherer.push(chunk);
  });
  const bytes = utf8Of(server, gatherer.take());
  return isLarge(bytes.length) ? await decodeLarge(bytes) : bytes.toString('utf8');
}

/** The bytes of the text of a body. @throws GatewayError SERVER_UNAVAILABLE where they are not UTF-8. */
export function utf8Of(server: string, body: Buffer): Buffer {
  if (!isUtf8(body)) throw unavailable(server, 'sent an answer that is not UTF-8.');
  // A byte-order mark is no part of the text, as everywhere in HTTP (Encoding, UTF-8 decode).
  return body.length > 2 && body.readUIntBE(0, 3) === BYTE_ORDER_MARK ? body.subarray(3) : body;
}

/** The body of a refusal, as far as it is needed; empty when it cannot be read. */
export async function readRefusal(server: string, response: HttpResponse): Promise<string> {
  try {
    return await readResponseBody(server, response, ERROR_BODY_BYTES);
  } catch {
    return '';
  }
}
