/** The access token of one principal for one server: what requests carry, and what a refusal of the server leads to. */
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import type { HttpDefinition } from '../../config/snapshot.ts';
import type {
  Authorization,
  AuthorizationHeaders,
  AuthorizedRequest,
  ProvenRequest,
  Refusal,
} from '../channel/authorization.ts';
import { AuthorizationServerResolver, type ResolverOptions } from './authorization-server-resolver.ts';
import { CachedCredential, type CachedCredentialOptions } from './cached-credential.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isSameIssuer } from './issuer.ts';
import { LastChallenge } from './last-challenge.ts';
import { resourceOf } from './stored-sign-ins.ts';
import { authorizationOf, TokenPresenter } from './token-presenter.ts';
import { TokenRenewal } from './token-renewal.ts';
import { fetchWithoutNulls } from './without-nulls.ts';
import { type Challenge, covers, readChallenge } from './www-authenticate.ts';

/** A request is sent at most this often. */
const MAX_ATTEMPTS = 3;

interface TokenManagerOptions
  extends Pick<ResolverOptions, 'server' | 'fetch' | 'log' | 'others' | 'elsewhere'>,
    Pick<CachedCredentialOptions, 'store' | 'owner' | 'now' | 'keepSecrets'> {
  readonly definition: HttpDefinition;
}

export class TokenManager implements Authorization {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  readonly fetch: GuardedFetch;
  /** The stored credential. */
  readonly credential: CachedCredential;
  /** Finds where to sign in. */
  readonly resolver: AuthorizationServerResolver;
  readonly #challenge: LastChallenge;
  readonly #renewal: TokenRenewal;
  readonly #presenter = new TokenPresenter();

  constructor(options: TokenManagerOptions) {
    const { server, definition, store, owner, log, now, keepSecrets, others, elsewhere } = options;
    const { oauth } = definition;
    const resource = resourceOf(definition);
    const fetch = fetchWithoutNulls(options.fetch);
    const onUnreadable = (error: unknown): void => log.warn({ server, err: error }, 'stored sign-ins cannot be read');
    const challenge = new LastChallenge(server, oauth?.scopes);
    const credential = new CachedCredential({ store, resource, owner, now, keepSecrets, onUnreadable });
    const common = { server, oauth, log, credential, challenge, now };
    const resolver = new AuthorizationServerResolver({ ...common, resource, fetch, others, elsewhere });
    this.server = server;
    this.oauth = oauth;
    this.fetch = fetch;
    this.credential = credential;
    this.resolver = resolver;
    this.#challenge = challenge;
    this.#renewal = new TokenRenewal({ ...common, resolver });
  }

  headers(request: ProvenRequest, server: URL): AuthorizationHeaders | Promise<AuthorizationHeaders> {
    const { credential } = this;
    if (!credential.isLoaded) return credential.loadIfReadable().then(() => this.headers(request, server));
    const { tokens } = credential;
    if (tokens === undefined) return undefined;
    credential.reloadWhenOld();
    if (!this.#renewal.isDue(tokens)) return this.#presenter.headers(tokens, request, server);
    return this.#renewal.renewAhead(tokens).then(() => {
      const usable = this.credential.tokens;
      return usable === undefined ? undefined : this.#presenter.headers(usable, request, server);
    });
  }

  takeNonce(nonce: string, server: URL): boolean {
    return this.#presenter.takeNonce(nonce, server);
  }

  handleRefusal(request: AuthorizedRequest, refusal: Refusal): Promise<boolean> {
    return refusal.status === 401 ? this.#unauthorized(request, refusal) : this.#forbidden(request, refusal);
  }

  /** Takes what the server said when it refused a request of another process. */
  noteChallenge(challenge: Challenge): void {
    this.#challenge.replace(challenge);
  }

  /**
   * Scopes to ask a person for: those of the entry, or what the server said it needs and what was asked for before with this
   * issuer. Undefined where nobody said anything.
   */
  scopeFor(issuer: string): string | undefined {
    const { current } = this.credential;
    const isSame = current !== undefined && isSameIssuer(current.issuer, issuer);
    return this.#challenge.scopeToAskFor(isSame ? current.credential.asked : undefined);
  }

  async #unauthorized({ authorization }: AuthorizedRequest, { challenge, attempts }: Refusal): Promise<boolean> {
    const read = readChallenge(challenge);
    // Basic, for example: nothing that signing in could help with.
    if (challenge !== undefined && read === undefined) return false;
    this.#challenge.replace(read);
    if (this.#hasOther(authorization)) return attempts < MAX_ATTEMPTS;
    if (attempts > 1) throw this.#challenge.signInRequired('it does not accept the token that it was just given');
    await this.#renewal.renew(this.credential.tokens?.access);
    return true;
  }

  /** Step-up (2026-07-28, basic/authorization, Step-Up Authorization Flow). */
  async #forbidden({ authorization }: AuthorizedRequest, { challenge, attempts }: Refusal): Promise<boolean> {
    const read = readChallenge(challenge);
    if (read?.error !== 'insufficient_scope') return false;
    if (attempts === 1) await this.credential.load();
    if (this.#hasOther(authorization)) return attempts < MAX_ATTEMPTS;
    this.#challenge.replace(read);
    // A scope that was asked for already and not given is not asked for again.
    if (covers(read.scope, this.credential.current?.credential.asked)) return false;
    if (!this.#renewal.isMachine) {
      throw this.#challenge.signInRequired('this call needs more permissions than the last sign-in gave');
    }
    await this.#renewal.renew(this.credential.tokens?.access);
    return attempts < MAX_ATTEMPTS;
  }

  /** True where there is a token by now that the request did not carry. */
  #hasOther(authorization: string | undefined): boolean {
    const { tokens } = this.credential;
    return tokens !== undefined && authorizationOf(tokens) !== authorization;
  }
}
