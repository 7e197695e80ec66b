/** Where signing in touches the requests to an HTTP server: what they carry, and what a refusal leads to. */

export interface SentRequest {
  /** `Authorization` header that it carried; undefined for none. */
  readonly authorization: string | undefined;
}

export interface Refusal {
  /** 401 or 403. */
  readonly status: number;
  /** Values of its `WWW-Authenticate` headers, joined by commas. */
  readonly challenge: string | undefined;
  /** How often this request was sent already: 1 at its first refusal. */
  readonly attempts: number;
}

/** The credential of one principal for one server. */
export interface Authorization {
  /**
   * Headers of the next request; undefined where there is nothing to add, without waiting where that is known.
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE
   */
  headers(): AuthorizationHeaders | Promise<AuthorizationHeaders>;
  /**
   * A refusal: the server has not accepted the request.
   * @returns whether the request shall be sent once more, with new headers.
   * @throws GatewayError AUTH_REQUIRED where a person has to sign in first, SERVER_UNAVAILABLE
   */
  refused(request: SentRequest, refusal: Refusal): Promise<boolean>;
}

export type AuthorizationHeaders = Readonly<Record<string, string>> | undefined;
