/** Sign-ins that wait for a person: a link goes out, an answer of the authorization server comes back. */
import { randomBytes } from 'node:crypto';
import {
  IssuerMismatchError,
  startAuthorization,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client';
import { isLoopback } from '../../config/settings.ts';
import { GatewayError } from '../../shared/errors.ts';
import { promised } from '../../shared/promised.ts';
import { unavailable } from '../failures.ts';
import type { Account } from './account.ts';
import { covers, unionOf } from './challenge.ts';
import type { RegisteredClient } from './credential.ts';
import { type Discovered, originOf } from './discovery.ts';
import { RefusedGrant, redeemCode } from './grants.ts';
import { clientFor } from './registration.ts';

/** Milliseconds a person has. */
const SIGN_IN_MS = 600_000;

export interface SignIn {
  readonly server: string;
  /** Where the person goes. */
  readonly url: string;
  /** Resolves when the token is there. @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE */
  readonly done: Promise<void>;
}

interface Pending extends SignIn {
  readonly account: Account;
  readonly discovered: Discovered;
  readonly client: RegisteredClient;
  readonly scope: string | undefined;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly settle: (error?: GatewayError) => void;
}

export interface SignIns {
  /** Starts one. @throws GatewayError SERVER_UNAVAILABLE saying why that is not possible. */
  begin(account: Account, redirectUri: string): Promise<SignIn>;
  /**
   * The answer of an authorization server: query of the redirect address.
   * @param redirectUri where it arrived, where that is known.
   * @returns the server that somebody signed in to.
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE, saying what to tell the person.
   */
  finish(answer: URLSearchParams, redirectUri?: string): Promise<string>;
  /** The one under way that would give what is needed now. @param redirectUri undefined for any loopback address */
  find(account: Account, redirectUri: string | undefined): SignIn | undefined;
  /** Ends all. */
  close(): void;
}

export function createSignIns(): SignIns {
  const pending = new Map<string, Pending>();

  const end = (state: string, error?: GatewayError): void => {
    const found = pending.get(state);
    pending.delete(state);
    found?.settle(error);
  };

  const start = async (
    account: Account,
    redirectUri: string,
    state: string,
  ): Promise<Omit<Pending, 'done' | 'settle'>> => {
    const { server, oauth, fetch } = account;
    const discovered = await account.discover();
    const { issuer, metadata } = discovered;
    const held = await account.load();
    if (held !== undefined && held.issuer !== issuer && oauth?.clientId !== undefined) {
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
    const stored = held?.issuer === issuer ? held.credential.client : undefined;
    const client = await clientFor({ server, oauth, discovered, redirectUri, scope, stored, fetch });
    if (client.known === 'registered' && client !== stored) {
      await account.keepClient(issuer, discovered.indicator, client);
    }
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
      const { promise: done, resolve, reject } = promised<void>();
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
          (redirectUri === undefined
            ? one.redirectUri.startsWith('http://127.0.0.1:')
            : one.redirectUri === redirectUri) &&
          covers(account.wanted(one.discovered.issuer), one.scope),
      ),
    close() {
      for (const [state, { server }] of pending) end(state, late(server));
    },
  };
}

async function complete(found: Pending, answer: URLSearchParams): Promise<void> {
  const { account, server, discovered, client, scope, verifier, redirectUri } = found;
  const iss = answer.get('iss') ?? undefined;
  checkIssuer(server, discovered, iss);
  const code = answer.get('code');
  if (code === null) {
    const said = answer.get('error') ?? '';
    const why = /^[a-z_]{1,40}$/.test(said) ? ` (${said})` : '';
    throw new GatewayError('AUTH_REQUIRED', `The authorization server of "${server}" did not sign anybody in${why}.`);
  }
  const context = { server, oauth: account.oauth, discovered, client, fetch: account.fetch, now: Date.now };
  try {
    const tokens = await redeemCode(context, { code, iss, verifier, redirectUri });
    await account.save(discovered.issuer, { indicator: discovered.indicator, client, asked: scope, tokens });
  } catch (error) {
    if (!(error instanceof RefusedGrant)) throw error;
    const fix = error.what === 'grant' ? 'Ask for a new link.' : 'Correct "oauth" in the servers file.';
    throw new GatewayError(
      'AUTH_REQUIRED',
      `The authorization server of "${server}" refused the ${error.what}. ${fix}`,
    );
  }
}

/** RFC 9207, section 2.4, for errors as well as codes. */
function checkIssuer(server: string, { metadata, issuer }: Discovered, iss: string | undefined): void {
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
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
function scopeOf(account: Account, { issuer, scopes, metadata }: Discovered): string | undefined {
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
