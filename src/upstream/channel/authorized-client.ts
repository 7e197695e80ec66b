/** An HTTP client whose requests carry a credential that may have to be renewed, or signed in for. */

import { withoutEffect } from '../failures.ts';
import type { Authorization, AuthorizationHeaders } from './authorization.ts';
import { discard, type HttpClient, type HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';

export function authorized(client: HttpClient, authorization: Authorization | undefined): HttpClient {
  if (authorization === undefined) return client;

  const send = (request: HttpRequest, found: AuthorizationHeaders, attempts: number): Promise<HttpResponse> =>
    client
      .request(found === undefined ? request : { ...request, headers: { ...request.headers, ...found } })
      .then((response) =>
        response.status === 401 || response.status === 403 ? refused(request, found, attempts, response) : response,
      );

  const refused = async (
    request: HttpRequest,
    found: AuthorizationHeaders,
    attempts: number,
    response: HttpResponse,
  ): Promise<HttpResponse> => {
    const challenge = response.header('www-authenticate');
    const sent = { authorization: found?.['authorization'] };
    const refusal = { status: response.status, challenge, attempts };
    if (!(await authorization.refused(sent, refusal).catch(failed))) return response;
    discard(response);
    return send(request, await Promise.resolve(authorization.headers()).catch(failed), attempts + 1);
  };

  return {
    ...client,
    request(request) {
      const found = authorization.headers();
      return found instanceof Promise
        ? found.then((headers) => send(request, headers, 1), failed)
        : send(request, found, 1);
    },
  };
}

/** Without a credential nothing is sent, and a refusal has accepted nothing. */
function failed(error: unknown): never {
  throw withoutEffect(error);
}
