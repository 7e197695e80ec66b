/** The token managers of all servers and principals. */

import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import { hasAuthorization } from '../../config/oauth-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { within } from '../../shared/wait-for.ts';
import type { Log } from '../contract.ts';
import { type AddressGuardOptions, guardOptionsOf } from './address-guard.ts';
import type { CredentialStore } from './credential-contract.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { placeOf } from './issuer.ts';
import type { OtherServer } from './issuer-check.ts';
import { resourceOf } from './stored-sign-ins.ts';
import { TokenManager } from './token-manager.ts';

/** Token managers that are remembered at a time. */
const MAX_MANAGERS = 1000;
/** Milliseconds in which another server may say which authorization server it has. */
const OTHERS_MS = 4000;

export interface TokenManagersOptions {
  readonly store: CredentialStore;
  readonly guardedFetch: (options: AddressGuardOptions) => GuardedFetch;
  readonly log: Log;
  /** All entries, as they are now. */
  readonly servers: () => Iterable<ServerDefinition>;
  readonly keepSecrets: (owner: string, values: readonly string[]) => void;
}

export class TokenManagers {
  readonly #options: TokenManagersOptions;
  /** The oldest first. */
  readonly #managers = new Map<string, TokenManager>();

  constructor(options: TokenManagersOptions) {
    this.#options = options;
  }

  /** Undefined where the entry brings its own `Authorization`, and for programs. */
  of(server: ServerDefinition, owner: string): TokenManager | undefined {
    const { link: definition, key, name } = server;
    if (definition.transport === 'stdio' || hasAuthorization(definition.headers)) return undefined;
    const id = JSON.stringify([key, owner]);
    const existing = this.#managers.get(id);
    if (existing !== undefined) return existing;
    const { store, guardedFetch, log, keepSecrets } = this.#options;
    const manager = new TokenManager({
      server: name,
      definition,
      owner,
      store,
      log,
      keepSecrets,
      fetch: guardedFetch(guardOptionsOf(definition)),
      others: () => this.#issuersOfOthers(server),
      elsewhere: () => new Set(otherEntries(server, this.#options.servers()).map(({ url }) => placeOf(url))),
      now: Date.now,
    });
    this.#managers.set(id, manager);
    // Of definitions and principals that are gone, for the most part; who comes back reads the store again.
    for (const old of [...this.#managers.keys()].slice(0, -MAX_MANAGERS)) this.#managers.delete(old);
    return manager;
  }

  /** The authorization servers of other entries. Those that nobody has signed in to yet are asked: later would be too late. */
  async #issuersOfOthers(server: ServerDefinition): Promise<readonly OtherServer[]> {
    const { store, servers } = this.#options;
    const keys = await store.list();
    const others = otherEntries(server, servers()).map(async ({ definition, oauth, resource }) => {
      const { name } = definition;
      const issuers = keys.filter((key) => key.resource === resource).map(({ issuer }) => issuer);
      if (oauth?.issuer !== undefined) issuers.push(oauth.issuer);
      if (issuers.length > 0) return { name, issuers };
      const named = this.of(definition, '')?.resolver.namedIssuers() ?? Promise.resolve([]);
      return { name, issuers: (await within(named, OTHERS_MS)) ?? [] };
    });
    return Promise.all(others);
  }
}

interface OtherEntry {
  readonly definition: ServerDefinition;
  readonly url: string;
  readonly oauth: OAuthDefinition | undefined;
  /** Address as credentials are stored under it. */
  readonly resource: string;
}

/** Entries whose servers may want a sign-in, but for those at the same origin: what goes there reaches the server anyway. */
function otherEntries({ link: own }: ServerDefinition, servers: Iterable<ServerDefinition>): OtherEntry[] {
  const home = own.transport === 'stdio' ? '' : placeOf(own.url);
  const entries: OtherEntry[] = [];
  for (const definition of servers) {
    const { link } = definition;
    if (link.transport === 'stdio' || hasAuthorization(link.headers) || placeOf(link.url) === home) continue;
    entries.push({ definition, url: link.url, oauth: link.oauth, resource: resourceOf(link) });
  }
  return entries;
}
