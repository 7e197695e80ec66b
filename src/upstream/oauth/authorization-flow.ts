/** Sign-ins that wait for a person: a link goes out, an answer of the authorization server comes back. */

import { randomBytes } from 'node:crypto';
import { createDeferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/parse-url.ts';
import { unavailable } from '../failures.ts';
import { type AuthorizationRequest, createAuthorizationRequest } from './authorization-request.ts';
import { completeAuthorization } from './authorization-response.ts';
import type { TokenManager } from './token-manager.ts';
import { covers } from './www-authenticate.ts';

/** Milliseconds a person has. */
const SIGN_IN_MS = 600_000;

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost):/;

export interface SignIn {
  readonly server: string;
  /** The page that the person opens. */
  readonly url: string;
  /** Host of the authorization server that they sign in to, and of its page where that is another one. */
  readonly where: string;
  /** Resolves when the token is there. @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE */
  readonly done: Promise<void>;
}

interface PendingSignIn extends SignIn {
  readonly request: AuthorizationRequest;
  readonly settle: (error?: GatewayError) => void;
}

export class AuthorizationFlows {
  /** By the `state` of the request. */
  readonly #pending = new Map<string, PendingSignIn>();

  /** Starts one. @throws GatewayError SERVER_UNAVAILABLE saying why that is not possible. */
  async begin(tokenManager: TokenManager, redirectUri: string): Promise<SignIn> {
    const state = randomBytes(32).toString('base64url');
    const request = await createAuthorizationRequest(tokenManager, redirectUri, state);
    const { promise: done, resolve, reject } = createDeferred<void>();
    const settle: PendingSignIn['settle'] = (error) => (error === undefined ? resolve() : reject(error));
    // Nobody may be waiting for it.
    done.catch(() => undefined);
    const { server } = tokenManager;
    const { url, discovery } = request;
    const signIn = { server, url, where: hostsOf(discovery.issuer, url), done };
    this.#pending.set(state, { ...signIn, request, settle });
    setTimeout(() => this.#expire(state), SIGN_IN_MS).unref();
    return signIn;
  }

  /**
   * Takes the answer of an authorization server: query of the redirect address.
   * @param redirectUri where it arrived, where that is known.
   * @returns the server that somebody signed in to.
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE, saying what to tell the person.
   */
  async finish(answer: URLSearchParams, redirectUri?: string): Promise<string> {
    const state = answer.get('state') ?? '';
    const signIn = this.#pending.get(state);
    if (signIn === undefined || (redirectUri !== undefined && redirectUri !== signIn.request.redirectUri)) {
      throw new GatewayError(
        'AUTH_REQUIRED',
        'This sign-in is unknown, over or was finished already. Ask for a new link.',
      );
    }
    // Single use, whatever comes of it.
    this.#pending.delete(state);
    const { server, request, settle } = signIn;
    try {
      await completeAuthorization(request, answer);
      settle();
      return server;
    } catch (error) {
      const failure = error instanceof GatewayError ? error : unavailable(server, 'could not be signed in to.');
      settle(failure);
      throw failure;
    }
  }

  /** The one under way that would give what is needed now. @param redirectUri undefined for any loopback address */
  find(tokenManager: TokenManager, redirectUri: string | undefined): SignIn | undefined {
    return [...this.#pending.values()].find(({ request }) => {
      if (request.tokenManager !== tokenManager) return false;
      const isThere =
        redirectUri === undefined ? LOOPBACK.test(request.redirectUri) : request.redirectUri === redirectUri;
      return isThere && covers(tokenManager.scopeFor(request.discovery.issuer), request.scope);
    });
  }

  /** Ends all. */
  close(): void {
    for (const state of this.#pending.keys()) this.#expire(state);
  }

  #expire(state: string): void {
    const signIn = this.#pending.get(state);
    if (signIn === undefined) return;
    this.#pending.delete(state);
    signIn.settle(
      new GatewayError('AUTH_REQUIRED', `Nobody signed in to "${signIn.server}" in time. Ask for a new link.`),
    );
  }
}

/** Hosts for people, without what a reader could take for a link. */
function hostsOf(issuer: string, url: string): string {
  const [name, page] = [issuer, url].map((address) => parseUrl(address)?.host ?? '');
  return name === page ? `${name}` : `${name} (on the page of ${page})`;
}
