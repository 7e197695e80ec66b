/** Renews the access token of one principal for one server: with its refresh token, or with the credentials of the entry. */

import type { AssertionSource, IdentityProvider, OAuthDefinition } from '../../config/oauth-definition.ts';
import { isForItself } from '../../config/oauth-entry.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Log } from '../contract.ts';
import type { AuthorizationServerResolver } from './authorization-server-resolver.ts';
import type { CachedCredential, IssuedCredential } from './cached-credential.ts';
import { type Credential, configuredClient, type Tokens } from './credential.ts';
import type { Discovery } from './discovery.ts';
import type { GrantContext, RefusedGrant } from './grants.ts';
import { isSameIssuer } from './issuer.ts';
import type { LastChallenge } from './last-challenge.ts';
import type { ProofSession } from './proof-session.ts';

/** Milliseconds before its end in which a token is renewed, at most a tenth of its life. */
const AHEAD_MS = 60_000;
/** Milliseconds in which a new token is not renewed ahead, however shortly it lives. */
const YOUNG_MS = 1000;
/** Milliseconds without another try after the renewal of a token failed that is still good. */
const PATIENCE_MS = 10_000;

interface TokenRenewalOptions {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  readonly credential: Pick<CachedCredential, 'current' | 'load' | 'save' | 'update' | 'keepSecret'>;
  readonly challenge: Pick<LastChallenge, 'allScopes' | 'signInRequired'>;
  readonly resolver: Pick<AuthorizationServerResolver, 'last' | 'resolve' | 'grantContext'>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  #running: Promise<void> | undefined;
  /** Milliseconds since 1970 before which nothing is renewed ahead of time. */
  #restsUntil = 0;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /** True where the gateway signs in for itself. */
  get isMachine(): boolean {
    return isForItself(this.#options.oauth);
  }

  /** True where a token ends soon and can be renewed. */
  isDue({ refresh, obtainedAt, expiresAt }: Tokens): boolean {
    if (expiresAt === undefined || (refresh === undefined && !this.isMachine)) return false;
    const now = this.#options.now();
    const ahead = Math.min(AHEAD_MS, (expiresAt - obtainedAt) / 10);
    // A clock that was set back would make it wait for as long.
    const rest = this.#restsUntil - now > PATIENCE_MS ? 0 : this.#restsUntil;
    return now >= Math.max(expiresAt - ahead, obtainedAt + YOUNG_MS, rest);
  }

  /** Renews a token that is still good. Never rejects. */
  async renewAhead({ access }: Tokens): Promise<void> {
    const { server, log, now } = this.#options;
    try {
      await this.#once(access, true);
    } catch (error) {
      // The token in hand may be good for a while; the server will say.
      this.#restsUntil = now() + PATIENCE_MS;
      log.warn({ server, err: error }, 'a token could not be renewed ahead of time');
    }
  }

  /**
   * Replaces a token that the server refused; a newer one that another process stored will do.
   * @param rejected undefined where there was none.
   * @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE, CREDENTIALS_UNREADABLE
   */
  renew(rejected: string | undefined): Promise<void> {
    return this.#once(rejected, false);
  }

  /** One renewal at a time: whoever else needs it waits for the same. */
  #once(rejected: string | undefined, ahead: boolean): Promise<void> {
    this.#running ??= this.#start(rejected, ahead).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #start(rejected: string | undefined, ahead: boolean): Promise<void> {
    if (this.isMachine) return this.#requestAsMachine();
    return rejected === undefined ? this.#useStored() : this.#refresh(rejected, ahead);
  }

  async #useStored(): Promise<void> {
    const stored = await this.#options.credential.load();
    if (stored?.credential.tokens === undefined) throw this.#options.challenge.signInRequired();
  }

  async #requestAsMachine(): Promise<void> {
    const { server, oauth, credential, challenge, resolver } = this.#options;
    const scope = challenge.allScopes(credential.current?.credential.asked);
    const discovery = await resolver.resolve();
    const { asMachine, RefusedGrant } = await import('./grants.ts');
    const client = configuredClient(oauth);
    const { assertion: source, identityProvider } = oauth ?? {};
    if (client === undefined && source === undefined) throw challenge.signInRequired();
    checkBinding(server, credential.current, discovery.issuer);
    try {
      const proof = await this.#proof(credential.current?.credential.tokens, discovery.isBound);
      const context = resolver.grantContext(discovery, client, proof);
      const assertion =
        source === undefined ? undefined : await this.#assertion({ ...context, scope }, source, identityProvider);
      const tokens = await asMachine(context, scope, assertion);
      const { issuer, indicator } = discovery;
      await credential.save(issuer, { indicator, client: undefined, asked: scope, tokens });
    } catch (error) {
      if (!(error instanceof RefusedGrant)) throw error;
      const what = source === undefined || error.what === 'client' ? 'client' : 'assertion';
      throw new GatewayError(
        'AUTH_REQUIRED',
        `The authorization server of "${server}" refuses the ${what} of its entry${error.said}: correct "oauth" in the servers file.`,
      );
    }
  }

  async #assertion(
    context: GrantContext & { readonly scope: string | undefined },
    source: AssertionSource,
    provider: IdentityProvider | undefined,
  ): Promise<string> {
    const { assertionFor } = await import('./assertion.ts');
    const keepSecret = (value: string): void => this.#options.credential.keepSecret(value);
    return assertionFor({ ...context, keepSecret }, source, provider);
  }

  async #refresh(rejected: string, ahead: boolean): Promise<void> {
    const { credential, challenge, resolver } = this.#options;
    const stored = await credential.load();
    const tokens = stored?.credential.tokens;
    if (stored === undefined || tokens === undefined) throw challenge.signInRequired();
    if (tokens.access !== rejected) return;
    if (tokens.refresh === undefined) throw challenge.signInRequired();
    const discovery = (ahead ? resolver.last : undefined) ?? (await resolver.resolve());
    // Credentials of one authorization server are nothing to another one (Authorization Server Binding).
    if (!isSameIssuer(discovery.issuer, stored.issuer)) throw challenge.signInRequired();
    await this.#spendRefreshToken(rejected, discovery, stored.issuer);
  }

  async #spendRefreshToken(rejected: string, discovery: Discovery, issuer: string): Promise<void> {
    const { server, oauth, credential, challenge, resolver, log } = this.#options;
    const { refresh, RefusedGrant } = await import('./grants.ts');
    let isRefused = false;
    const next = await credential.update(issuer, async (current) => {
      const tokens = current?.tokens;
      // Another process was faster: its token is used, and the refresh token spent once.
      if (current === undefined || tokens?.refresh === undefined || tokens.access !== rejected) return undefined;
      const client = configuredClient(oauth) ?? current.client;
      if (client === undefined) throw challenge.signInRequired();
      try {
        const proof = await this.#proof(tokens, false);
        const renewed = await refresh(resolver.grantContext(discovery, client, proof), tokens, tokens.refresh);
        return { ...current, tokens: renewed };
      } catch (error) {
        if (!(error instanceof RefusedGrant)) throw error;
        isRefused = true;
        log.info({ server, refused: `${error.what}${error.said}` }, 'the sign-in to a server is over');
        return afterRefusal(current, tokens, error.what);
      }
    });
    if (isRefused || next?.tokens === undefined) throw challenge.signInRequired();
  }

  /** The key that new tokens are bound to: that of the old ones, or a new one where there shall be one. */
  async #proof(tokens: Tokens | undefined, isBound: boolean): Promise<ProofSession | undefined> {
    const key = tokens?.proofKey;
    if (key === undefined && !isBound) return undefined;
    const { ProofSession } = await import('./proof-session.ts');
    return key === undefined ? ProofSession.begin() : ProofSession.resume(key);
  }
}

/** The rest of a credential whose renewal was refused; undefined for all of it. */
function afterRefusal(credential: Credential, tokens: Tokens, what: RefusedGrant['what']): Credential | undefined {
  if (what === 'grant') return { ...credential, tokens: { ...tokens, refresh: undefined } };
  const isForgotten = what === 'client' && credential.client?.known === 'registered';
  return isForgotten ? { ...credential, client: undefined } : undefined;
}

function checkBinding(server: string, stored: IssuedCredential | undefined, issuer: string): void {
  if (stored === undefined || isSameIssuer(stored.issuer, issuer)) return;
  throw new GatewayError(
    'AUTH_REQUIRED',
    `Server "${server}" names another authorization server than before; the client of its entry is not shown to it. If that is meant, run: agent-mcp-gateway auth logout ${server}`,
  );
}
