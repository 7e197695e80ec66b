/** Sign-ins that wait for a person: a link goes out, an answer of the authorization server comes back. */
import { randomBytes } from 'node:crypto';
import {
  IssuerMismatchError,
  startAuthorization,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client';
import { isLoopback } from '../../config/settings.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import type { RegisteredClient } from './credential.ts';
import type { Discovered } from './discovery.ts';
import { RefusedGrant, redeemCode } from './grants.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import { clientFor } from './registration.ts';
import type { TokenManager } from './token-manager.ts';
import { covers, unionOf } from './www-authenticate.ts';

/** Milliseconds a person has. */
const SIGN_IN_MS = 600_000;

export interface SignIn {
  readonly server: string;
  /** Where the person goes. */
  readonly url: string;
  /** Host of the authorization server that they sign in to, and of its page where that is another one. */
  readonly where: string;
  /** Resolves when the token is there. @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE */
  readonly done: Promise<void>;
}

interface Pending extends SignIn {
  readonly account: TokenManager;
  readonly discovered: Discovered;
  readonly client: RegisteredClient;
  readonly scope: string | undefined;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly settle: (error?: GatewayError) => void;
}

export interface AuthorizationFlows {
  /** Starts one. @throws GatewayError SERVER_UNAVAILABLE saying why that is not possible. */
  begin(account: TokenManager, redirectUri: string): Promise<SignIn>;
  /**
   * The answer of an authorization server: query of the redirect address.
   * @param redirectUri where it arrived, where that is known.
   * @returns the server that somebody signed in to.
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE, saying what to tell the person.
   */
  finish(answer: URLSearchParams, redirectUri?: string): Promise<string>;
  /** The one under way that would give what is needed now. @param redirectUri undefined for any loopback address */
  find(account: TokenManager, redirectUri: string | undefined): SignIn | undefined;
  /** Ends all. */
  close(): void;
}

export function createAuthorizationFlows(): AuthorizationFlows {
  const pending = new Map<string, Pending>();

  const end = (state: string, error?: GatewayError): void => {
    const found = pending.get(state);
    pending.delete(state);
    found?.settle(error);
  };

  const start = async (
    account: TokenManager,
    redirectUri: string,
    state: string,
  ): Promise<Omit<Pending, 'done' | 'settle'>> => {
    const { server, oauth, fetch } = account;
    const discovered = await account.discover();
    const { issuer, metadata } = discovered;
    const held = await account.load();
    const isSame = held !== undefined && isSameIssuer(held.issuer, issuer);
    if (held !== undefined && !isSame && oauth?.clientId !== undefined) {
      throw unavailable(
        server,
        `names another authorization server (${originOf(issuer)}) than the one that the "clientId" of its entry was used with. If that is meant, run: agent-mcp-gateway auth logout ${server}`,
      );
    }
    // An authorization server that says nothing about PKCE has none (2026-07-28, basic/authorization, Authorization Code Protection).
    if (metadata !== undefined && metadata.code_challenge_methods_supported?.includes('S256') !== true) {
      throw unavailable(
        server,
        `belongs to the authorization server ${originOf(issuer)}, which has no PKCE: signing in there is not safe.`,
      );
    }
    const scope = scopeOf(account, discovered);
    const known = isSame ? held.credential.client : undefined;
    const stored = known?.isDoubtful === true ? undefined : known;
    const client = await clientFor({ server, oauth, discovered, redirectUri, scope, stored, fetch });
    if (client.known === 'registered' && client !== stored) {
      await account.keepClient(issuer, discovered.indicator, client);
    } else if (client.known === 'registered') await account.doubtClient(issuer, client.id, false);
    const { authorizationUrl, codeVerifier: verifier } = await startAuthorization(discovered.authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: { client_id: client.id },
      redirectUrl: redirectUri,
      state,
      resource: discovered.indicator,
      ...(scope === undefined ? {} : { scope }),
    });
    const url = safeLink(server, authorizationUrl);
    return {
      account,
      server,
      url,
      where: whereOf(issuer, url),
      discovered,
      client,
      scope,
      verifier,
      redirectUri,
    };
  };

  return {
    async begin(account, redirectUri) {
      const state = randomBytes(32).toString('base64url');
      const started = await start(account, redirectUri, state);
      const { promise: done, resolve, reject } = createDeferred<void>();
      const settle: Pending['settle'] = (error) => (error === undefined ? resolve() : reject(error));
      // Nobody may be waiting for it.
      done.catch(() => undefined);
      pending.set(state, { ...started, done, settle });
      setTimeout(() => end(state, late(account.server)), SIGN_IN_MS).unref();
      return { ...started, done };
    },
    async finish(answer, redirectUri) {
      const state = answer.get('state') ?? '';
      const found = pending.get(state);
      if (found === undefined || (redirectUri !== undefined && redirectUri !== found.redirectUri)) {
        throw new GatewayError(
          'AUTH_REQUIRED',
          'This sign-in is unknown, over or was finished already. Ask for a new link.',
        );
      }
      // Single use, whatever comes of it.
      pending.delete(state);
      try {
        await complete(found, answer);
        found.settle();
        return found.server;
      } catch (error) {
        const known = error instanceof GatewayError ? error : unavailable(found.server, 'could not be signed in to.');
        found.settle(known);
        throw known;
      }
    },
    find: (account, redirectUri) =>
      [...pending.values()].find(
        (one) =>
          one.account === account &&
          (redirectUri === undefined ? LOOPBACK.test(one.redirectUri) : one.redirectUri === redirectUri) &&
          covers(account.wanted(one.discovered.issuer), one.scope),
      ),
    close() {
      for (const [state, { server }] of pending) end(state, late(server));
    },
  };
}

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost):/;

/** Hosts for people, without what a reader could take for a link. */
function whereOf(issuer: string, url: string): string {
  const [name, page] = [issuer, url].map((address) => (URL.canParse(address) ? new URL(address).host : ''));
  return name === page ? `${name}` : `${name} (on the page of ${page})`;
}

async function complete(found: Pending, answer: URLSearchParams): Promise<void> {
  const { account, server, discovered, client, scope, verifier, redirectUri } = found;
  const iss = answer.get('iss') ?? undefined;
  checkIssuer(server, discovered, iss);
  const code = answer.get('code');
  if (code === null) {
    const said = answer.get('error') ?? '';
    const why = /^[a-z_]{1,40}$/.test(said) ? ` (${said})` : '';
    if (UNKNOWN_CLIENT.has(said)) await forgetClient(found);
    throw new GatewayError('AUTH_REQUIRED', `The authorization server of "${server}" did not sign anybody in${why}.`);
  }
  try {
    const tokens = await redeemCode(account.contextOf(discovered, client), { code, iss, verifier, redirectUri });
    await account.save(discovered.issuer, { indicator: discovered.indicator, client, asked: scope, tokens });
  } catch (error) {
    if (!(error instanceof RefusedGrant)) throw error;
    const isOwners = error.what === 'client' && client.known !== 'registered';
    if (error.what === 'client') await forgetClient(found);
    const what =
      error.what !== 'client' ? 'code' : isOwners ? 'client of its entry' : 'client that the gateway registered';
    const fix = isOwners ? 'Correct "oauth" in the servers file.' : 'Ask for a new link.';
    throw new GatewayError(
      'AUTH_REQUIRED',
      `The authorization server of "${server}" refused the ${what}${error.said}. ${fix}`,
    );
  }
}

/** Errors of a page that does not know who asks (RFC 6749, section 4.1.2.1); some give the code of the token endpoint. */
const UNKNOWN_CLIENT: ReadonlySet<string> = new Set(['unauthorized_client', 'invalid_client']);

/** What the authorization server does not know any more is registered again the next time. */
async function forgetClient({ account, discovered, client }: Pending): Promise<void> {
  if (client.known === 'registered') await account.doubtClient(discovered.issuer, client.id, true);
}

/** RFC 9207, section 2.4, for errors as well as codes. */
function checkIssuer(server: string, { metadata, issuer }: Discovered, iss: string | undefined): void {
  const isPromised = metadata?.authorization_response_iss_parameter_supported === true;
  // Where it is promised every character counts; where it is not, it is taken as people write it.
  if (!isPromised && iss !== undefined && metadata !== undefined && isSameIssuer(iss, metadata.issuer)) return;
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: isPromised,
    });
  } catch (error) {
    if (!(error instanceof IssuerMismatchError)) throw error;
    throw unavailable(
      server,
      `was to be signed in to at ${originOf(issuer)}, but the answer is not from there; it was thrown away.`,
    );
  }
}

/** Scope Selection Strategy: what the owner or the challenge says, or what the server names for itself; nothing otherwise. */
function scopeOf(account: TokenManager, { issuer, scopes, metadata }: Discovered): string | undefined {
  const chosen = account.wanted(issuer) ?? scopes;
  // Refresh Tokens: asked for where the authorization server offers them that way.
  const isOffered = metadata?.scopes_supported?.includes('offline_access') === true;
  return chosen !== undefined && isOffered ? unionOf(chosen, 'offline_access') : chosen;
}

/** The link is opened by a person's browser, so it must be one that browsers open as a page. */
function safeLink(server: string, url: URL): string {
  const isPage = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (isPage && url.username === '' && url.password === '') return url.href;
  throw unavailable(
    server,
    'belongs to an authorization server whose sign-in page is not an https address; it is not opened.',
  );
}

function late(server: string): GatewayError {
  return new GatewayError('AUTH_REQUIRED', `Nobody signed in to "${server}" in time. Ask for a new link.`);
}
