/** The one place where signing in touches the requests to an HTTP server: what they carry, and what a refusal leads to. */
import { withoutEffect } from '../failures.ts';
import { discard, type HttpClient, type HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';

export interface AuthorizedRequest {
  /** `Authorization` header that it carried; undefined for none. */
  readonly authorization: string | undefined;
}

/** A request as far as a proof of possession speaks of it. */
export type ProvenRequest = Pick<HttpRequest, 'method' | 'path' | 'body'>;

export interface Refusal {
  /** 401 or 403. */
  readonly status: number;
  /** Values of its `WWW-Authenticate` headers, joined by commas. */
  readonly challenge: string | undefined;
  /** Times that this request was sent already: 1 at its first refusal. */
  readonly attempts: number;
}

/** The credential of one principal for one server. */
export interface Authorization {
  /**
   * Headers of the next request; undefined where there is nothing to add, without waiting where that is known.
   * @param server the address of its entry
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE
   */
  headers(request: ProvenRequest, server: URL): AuthorizationHeaders | Promise<AuthorizationHeaders>;
  /**
   * Does what it can about a refusal: the server has not accepted the request.
   * @returns true where the request shall be sent once more, with new headers.
   * @throws GatewayError AUTH_REQUIRED where a person has to sign in first, SERVER_UNAVAILABLE
   */
  handleRefusal(request: AuthorizedRequest, refusal: Refusal): Promise<boolean>;
  /** Takes the nonce that the proof of the next request shall have (RFC 9449, section 9). @returns false where there are no proofs */
  takeNonce?(nonce: string, server: URL): boolean;
}

export type AuthorizationHeaders = Readonly<Record<string, string>> | undefined;

/** An HTTP client whose requests carry a credential that may have to be renewed, or signed in for. */
export function authorized(client: HttpClient, authorization: Authorization | undefined): HttpClient {
  if (authorization === undefined) return client;

  const { url } = client;

  const send = (
    request: HttpRequest,
    added: AuthorizationHeaders,
    attempts: number,
    hadNonce = false,
  ): Promise<HttpResponse> =>
    client
      .request(added === undefined ? request : { ...request, headers: Object.assign({}, request.headers, added) })
      .then((response) => {
        const nonce = added?.['dpop'] === undefined ? undefined : response.header('dpop-nonce');
        const isTaken = nonce !== undefined && authorization.takeNonce?.(nonce, url) === true;
        if (response.status !== 401 && response.status !== 403) return response;
        // Only the proof was wrong: that is no refusal of the token.
        if (isTaken && !hadNonce && wantsNonce(response)) return sendWithNonce(request, attempts, response);
        return sendAgainIfAllowed(request, added, attempts, response);
      });

  const sendWithNonce = async (
    request: HttpRequest,
    attempts: number,
    response: HttpResponse,
  ): Promise<HttpResponse> => {
    discard(response);
    return send(request, await Promise.resolve(authorization.headers(request, url)).catch(fail), attempts, true);
  };

  const sendAgainIfAllowed = async (
    request: HttpRequest,
    added: AuthorizationHeaders,
    attempts: number,
    response: HttpResponse,
  ): Promise<HttpResponse> => {
    const challenge = response.header('www-authenticate');
    const sent = { authorization: added?.['authorization'] };
    const refusal = { status: response.status, challenge, attempts };
    if (!(await authorization.handleRefusal(sent, refusal).catch(fail))) return response;
    discard(response);
    return send(request, await Promise.resolve(authorization.headers(request, url)).catch(fail), attempts + 1);
  };

  return {
    ...client,
    request(request) {
      const added = authorization.headers(request, url);
      return added instanceof Promise
        ? added.then((headers) => send(request, headers, 1), fail)
        : send(request, added, 1);
    },
  };
}

function wantsNonce(response: HttpResponse): boolean {
  return /\berror="?use_dpop_nonce\b/i.test(response.header('www-authenticate') ?? '');
}

/** Without a credential nothing is sent, and a refusal has accepted nothing. */
function fail(error: unknown): never {
  throw withoutEffect(error);
}
