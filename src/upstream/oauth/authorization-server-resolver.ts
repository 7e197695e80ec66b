/** The authorization server of one MCP server: discovered, and checked against those that may have its credentials. */
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import type { Log } from '../contract.ts';
import type { CachedCredential } from './cached-credential.ts';
import type { RegisteredClient } from './credential.ts';
import type { Discovery } from './discovery.ts';
import type { GrantContext } from './grants.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import type { OtherServer } from './issuer-check.ts';
import type { LastChallenge } from './last-challenge.ts';
import type { ProofSession } from './proof-session.ts';

export interface ResolverOptions {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  /** Address of the MCP server, without fragment. */
  readonly resource: string;
  readonly fetch: GuardedFetch;
  readonly log: Log;
  readonly credential: Pick<CachedCredential, 'current' | 'isLoaded' | 'load'>;
  readonly challenge: Pick<LastChallenge, 'resourceMetadata' | 'isForProof'>;
  /** Other entries, with the authorization servers that they use. */
  readonly others: () => Promise<readonly OtherServer[]>;
  /** Places of the servers of other entries (`placeOf`). */
  readonly elsewhere: () => ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class AuthorizationServerResolver {
  readonly #options: ResolverOptions;
  #last: Discovery | undefined;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** The last outcome of `resolve`. */
  get last(): Discovery | undefined {
    return this.#last;
  }

  /** Asks the server anew. @throws GatewayError SERVER_UNAVAILABLE saying why nobody can sign in there. */
  async resolve(): Promise<Discovery> {
    const { server, oauth, resource, fetch, credential, challenge } = this.#options;
    const { discover } = await import('./discovery.ts');
    const { resourceMetadata, isForProof } = challenge;
    const { issuer, allowHttp } = oauth ?? {};
    const discovery = await discover({ server, resource, resourceMetadata, isForProof, issuer, allowHttp, fetch });
    const stored = credential.isLoaded ? credential.current : await credential.load();
    await this.#check(discovery, stored?.issuer);
    this.#last = discovery;
    return discovery;
  }

  /** The authorization servers that the server names, or itself. Never rejects. */
  async namedIssuers(): Promise<readonly string[]> {
    const { resource, fetch, challenge } = this.#options;
    const { describe } = await import('./discovery.ts');
    const { resourceMetadata } = challenge;
    const description = await describe({ resource, resourceMetadata, fetch }).catch(() => undefined);
    return description?.authorization_servers ?? [new URL('/', resource).href];
  }

  /** Everything that a request to the token endpoint needs. */
  grantContext(
    discovery: Discovery,
    client: RegisteredClient | undefined,
    proof: ProofSession | undefined,
  ): GrantContext {
    const { server, oauth, fetch, now, elsewhere } = this.#options;
    return { server, oauth, discovery, client, proof, fetch, now, elsewhere: elsewhere() };
  }

  /**
   * Checks places of the authorization server besides its usual ones, to which people or codes go.
   * @throws GatewayError SERVER_UNAVAILABLE where they need the word of the owner
   */
  async checkPlaces(discovery: Discovery, places: readonly string[]): Promise<void> {
    const { server, oauth, resource, others } = this.#options;
    if (oauth?.issuer !== undefined) return;
    const { checkPlaces } = await import('./issuer-check.ts');
    checkPlaces({ server, resource, discovery, hasOAuth: oauth !== undefined, others: await others() }, places);
  }

  /** @param pinned the issuer of the last sign-in, which needs no check as little as that of the entry. */
  async #check(discovery: Discovery, pinned: string | undefined): Promise<void> {
    const { server, oauth, resource, log } = this.#options;
    const isPinned = pinned !== undefined && isSameIssuer(pinned, discovery.issuer);
    if (oauth?.issuer === undefined && !isPinned) {
      const { checkIssuer } = await import('./issuer-check.ts');
      const others = await this.#options.others();
      checkIssuer({ server, resource, discovery, hasOAuth: oauth !== undefined, others });
    }
    if (pinned !== undefined && !isPinned) {
      log.warn(
        { server, before: originOf(pinned), now: originOf(discovery.issuer) },
        'a server has another authorization server',
      );
    }
  }
}
