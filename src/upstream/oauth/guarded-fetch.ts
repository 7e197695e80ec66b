/** `fetch` for addresses that a server names: checked before every connection, small answers, and little time. */

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { Response as UndiciResponse } from 'undici';
import { GatewayError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/parse-url.ts';
import { proxyFor } from '../channel/egress-proxy.ts';
import { dispatcherFor } from '../channel/undici-dispatcher.ts';
import { seconds } from '../failures.ts';
import { CLIENT_NAME } from '../rpc/envelope.ts';
import { type AddressGuard, type AddressGuardOptions, createAddressGuard } from './address-guard.ts';

/** `fetch` for addresses that a server names. Rejects with a GatewayError SERVER_UNAVAILABLE that says why, before anything is sent. */
export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface GuardedFetchOptions extends AddressGuardOptions {
  /** All addresses of a name. */
  readonly resolve?: ((host: string) => Promise<readonly LookupAddress[]>) | undefined;
  /** Milliseconds for everything, redirects and body included. */
  readonly timeoutMs?: number | undefined;
}

const MAX_BYTES = 64 * 1024;
const TIMEOUT_MS = 5_000;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Methods that may be sent to another address than the one that was meant. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** Headers that are no secret, so that they may follow a redirect to another origin. */
const HARMLESS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'mcp-protocol-version', 'user-agent']);
/** They describe the bytes as they were sent. */
const OF_THE_TRANSFER: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'transfer-encoding']);

/**
 * A `fetch` that
 * - takes https, and http on loopback for a server on loopback;
 * - connects to public addresses, and to the host of the server itself. The address that was checked is the one that is
 *   connected to: a name is resolved once, and all its addresses must do;
 * - follows up to three redirects of GET and HEAD, each checked the same way; no credential goes to another origin. Anything
 *   else, which carries codes and tokens, is not sent on at all;
 * - goes through the proxy that the environment of the gateway names, as far as all of that is seen from here;
 * - reads 64 KiB and takes 5 s in all.
 *
 * It rejects with a GatewayError SERVER_UNAVAILABLE, or the reason of the signal it was given.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { resolve = resolveAll, timeoutMs = TIMEOUT_MS } = options;
  const guard = createAddressGuard(options);

  const exchange = async (url: URL, request: Prepared, signal: AbortSignal): Promise<Response> => {
    const objection = guard.objection(url);
    if (objection !== undefined) throw refusal(url, objection);
    // Loaded when it is needed: most starts sign in nowhere.
    const { fetch } = await import('undici');
    // A proxy looks the name up itself, and only it can say what is out of bounds there; what is so from here is never asked for.
    if (proxyFor(url) !== undefined) await checkAddresses(guard, resolve, url);
    const agent = await dispatcherFor(url, { ca: options.ca, direct: { lookup: guardedLookup(guard, resolve, url) } });
    try {
      const response = await fetch(url, {
        ...request,
        redirect: 'manual',
        signal,
        ...(agent && { dispatcher: agent }),
      });
      return await finish(response, url);
    } catch (error) {
      throw signal.aborted ? signal.reason : explain(error, url);
    } finally {
      void agent?.destroy();
    }
  };

  const follow = async (first: URL, init: RequestInit | undefined, signal: AbortSignal): Promise<Response> => {
    let url = first;
    let request = await prepare(init);
    for (let hops = 0; ; hops++) {
      const response = await exchange(url, request, signal);
      const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (location === null) return response;
      const target = parse(location, url);
      if (hops >= MAX_REDIRECTS) throw refusal(target, 'it is one redirect too many');
      if (!READS.has(request.method)) throw new RefusedRedirect(target, url);
      if (target.origin !== url.origin) request = { ...request, headers: harmless(request.headers) };
      url = target;
    }
  };

  return async (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const url = parse(String(input));
    try {
      return await follow(url, init, init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout);
    } catch (error) {
      throw error === timeout.reason ? failure(url, `did not answer within ${seconds(timeoutMs)}`) : error;
    }
  };
}

/** A redirect of what only its first address should get: it was answered, and not sent on. */
export class RefusedRedirect extends GatewayError {
  constructor(target: URL, { origin }: URL) {
    super('SERVER_UNAVAILABLE', notAsked(target, `${origin} redirects there what it alone should get`));
  }
}

interface Prepared {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** A request as `fetch` would send it; how bodies are written is its business. */
async function prepare(init: RequestInit = {}): Promise<Prepared> {
  const { body = null } = init;
  const method = (init.method ?? 'GET').toUpperCase();
  const sent = new Response(body);
  const headers = { 'user-agent': CLIENT_NAME, ...Object.fromEntries([...sent.headers, ...new Headers(init.headers)]) };
  return body === null ? { method, headers } : { method, headers, body: new Uint8Array(await sent.arrayBuffer()) };
}

function harmless(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

/** Looks a name up for the connection itself, so that nobody looks it up again between the check and the connection. */
function guardedLookup(
  guard: AddressGuard,
  resolve: (host: string) => Promise<readonly LookupAddress[]>,
  url: URL,
): LookupFunction {
  return (host, { all }, callback) => {
    const answer = async (): Promise<LookupAddress[]> => {
      const addresses = await resolve(host);
      for (const { address } of addresses) {
        const objection = guard.objectionTo(address, url);
        if (objection !== undefined) throw refusal(url, objection);
      }
      return [...addresses];
    };
    answer().then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(new Error('A name without addresses'), []);
        else if (all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

/** @throws GatewayError where a name that is known here has an address that must not be asked */
async function checkAddresses(
  guard: AddressGuard,
  resolve: (host: string) => Promise<readonly LookupAddress[]>,
  url: URL,
): Promise<void> {
  const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, '')).catch(() => []);
  for (const { address } of addresses) {
    const objection = guard.objectionTo(address, url);
    if (objection !== undefined) throw refusal(url, objection);
  }
}

function resolveAll(host: string): Promise<readonly LookupAddress[]> {
  return lookup(host, { all: true });
}

async function finish(response: UndiciResponse, url: URL): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw failure(url, `answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const { status, statusText } = response;
  const headers = [...response.headers].filter(([name]) => !OF_THE_TRANSFER.has(name));
  return new Response(BODILESS.has(status) ? null : Buffer.concat(chunks, size), { status, statusText, headers });
}

function parse(text: string, base?: URL): URL {
  const url = parseUrl(text, base);
  if (url !== undefined) return url;
  throw new GatewayError('SERVER_UNAVAILABLE', 'The server named an invalid address for its sign-in.');
}

/** Only the origin is shown: what follows may hold a code. */
function notAsked({ origin, protocol, host }: URL, why: string): string {
  const where = origin === 'null' ? protocol : `${protocol}//${host}`;
  return `The server sends its sign-in to ${where}, which is not asked: ${why}. Tell whoever runs the server.`;
}

function refusal(url: URL, why: string): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', notAsked(url, why));
}

function failure({ origin }: URL, what: string, cause?: unknown): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `${origin}, which is part of the sign-in, ${what}. Try again later.`, {
    cause,
  });
}

/** Errors of `fetch` have what happened as their cause, perhaps with a cause of its own. */
function explain(error: unknown, url: URL): GatewayError {
  let code: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof GatewayError) return at;
    const [first = at] = at instanceof AggregateError ? (at.errors as unknown[]) : [];
    code ??= (first as NodeJS.ErrnoException).code;
  }
  return failure(url, `cannot be reached (${code ?? 'unknown error'})`, error);
}
