/** Signing in to servers: the token managers of all principals, and the sign-ins that wait for a person. */

import { hasAuthorization } from '../../config/oauth-entry.ts';
import type { HttpDefinition, LoopbackName, ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { within } from '../../shared/wait-for.ts';
import type { Authorization } from '../channel/authorization.ts';
import type { Log } from '../contract.ts';
import type { GuardOptions } from './address-guard.ts';
import type { AuthorizationFlows, SignIn } from './authorization-flow.ts';
import type { CredentialStore, GuardedFetch } from './credential-key.ts';
import { placeOf } from './issuer.ts';
import type { OtherServer } from './issuer-check.ts';
import { endSignIns, resourceOf, type StoredSignIn, storedSignIns } from './stored-sign-ins.ts';
import { createTokenManager, type TokenManager } from './token-manager.ts';
import type { Challenge } from './www-authenticate.ts';

/** Accounts that are remembered at a time. */
const MAX_ACCOUNTS = 1000;
/** Milliseconds in which another server may say which authorization server it has. */
const OTHERS_MS = 4000;

/** A loopback address that an authorization server sends a browser back to. */
export interface Callback {
  readonly redirectUri: string;
  /** Accepts no more; an answer on its way is still sent. */
  close(): void;
}

/** Listens on this machine. @param host as browsers shall write it. @param receive takes the query of the answer, and where it came. @throws GatewayError CANNOT_LISTEN */
export type ListenForCallback = (
  port: number,
  host: LoopbackName,
  receive: (answer: URLSearchParams, redirectUri: string) => Promise<string>,
) => Promise<Callback>;

export interface OAuthClientOptions {
  readonly store: CredentialStore;
  readonly guardedFetch: (options: GuardOptions) => GuardedFetch;
  readonly listen: ListenForCallback;
  readonly log: Log;
  /** All entries, as they are now. */
  readonly servers: () => Iterable<ServerDefinition>;
  readonly keepSecrets: (owner: string, values: readonly string[]) => void;
  /** Somebody signed in to a server. */
  readonly signedIn?: (server: string) => void;
}

/** Where the person comes back to: this machine, or an address of the gateway that browsers reach. */
export type Way = 'loopback' | { readonly redirectUri: string };

export interface OAuthClient {
  /** For requests; undefined where the entry brings its own `Authorization`, and for programs. */
  authorization(server: ServerDefinition, principal: string): Authorization | undefined;
  /**
   * A sign-in that waits for a person: the one under way, or a new one.
   * @param challenge what the server said (`data` of AUTH_REQUIRED), as far as is known.
   * @throws GatewayError SERVER_UNAVAILABLE
   */
  signIn(server: ServerDefinition, principal: string, way: Way, challenge: Challenge | undefined): Promise<SignIn>;
  /** What is stored for these servers. @throws GatewayError CREDENTIALS_UNREADABLE */
  stored(servers: Iterable<ServerDefinition>): Promise<readonly StoredSignIn[]>;
  /** Ends the sign-ins of one principal to one server. @returns how many there were. */
  signOut(server: ServerDefinition, principal: string): Promise<number>;
  /** See `AuthorizationFlows.finish`. */
  finish(answer: URLSearchParams, redirectUri?: string): Promise<string>;
  /** Ends what waits. */
  close(): void;
}

export function createOAuthClient(options: OAuthClientOptions): OAuthClient {
  const { store, guardedFetch, listen, log, keepSecrets } = options;
  const tokenManagers = new Map<string, TokenManager>();
  const beginning = new Map<string, Promise<SignIn>>();
  let signIns: Promise<AuthorizationFlows> | undefined;

  /** Loaded when somebody has to sign in: few gateways ever need it. */
  const waiting = (): Promise<AuthorizationFlows> => {
    signIns ??= import('./authorization-flow.ts').then(({ createAuthorizationFlows }) => createAuthorizationFlows());
    return signIns;
  };

  const accountOf = (server: ServerDefinition, principal: string): TokenManager | undefined => {
    const { link, key, name } = server;
    if (link.transport === 'stdio' || hasAuthorization(link.headers)) return undefined;
    const id = JSON.stringify([key, principal]);
    let tokenManager = tokenManagers.get(id);
    if (tokenManager === undefined) {
      const fetch = guardedFetch(ownersWords(link));
      const own = { server: name, definition: link, principal, fetch };
      const others = () => othersOf(server);
      tokenManager = createTokenManager({
        ...own,
        store,
        log,
        keepSecrets,
        others,
        elsewhere: () => elsewhere(server),
        now: Date.now,
      });
      tokenManagers.set(id, tokenManager);
      // Of definitions and principals that are gone, for the most part; who comes back reads the store again.
      for (const old of [...tokenManagers.keys()].slice(0, -MAX_ACCOUNTS)) tokenManagers.delete(old);
    }
    return tokenManager;
  };

  const elsewhere = (server: ServerDefinition): ReadonlySet<string> =>
    new Set(strangers(server, options.servers()).map(({ url }) => placeOf(url)));

  /** Which authorization servers the other entries use. Those that nobody has signed in to yet are asked: later would be too late. */
  const othersOf = async (server: ServerDefinition): Promise<readonly OtherServer[]> => {
    const keys = await store.list();
    const found = strangers(server, options.servers()).map(async ({ definition, oauth, resource }) => {
      const known = keys.filter((key) => key.resource === resource).map(({ issuer }) => issuer);
      if (oauth?.issuer !== undefined) known.push(oauth.issuer);
      const asked = known.length > 0 ? known : await within(accountOf(definition, '')?.named() ?? NOBODY, OTHERS_MS);
      return { name: definition.name, issuers: asked ?? [] };
    });
    return Promise.all(found);
  };

  const finish = async (answer: URLSearchParams, redirectUri?: string): Promise<string> => {
    const server = await (await waiting()).finish(answer, redirectUri);
    options.signedIn?.(server);
    return server;
  };

  const viaLoopback = async (tokenManager: TokenManager, pending: AuthorizationFlows): Promise<SignIn> => {
    const port = tokenManager.oauth?.redirectPort ?? (await lastPort(tokenManager));
    const host = tokenManager.oauth?.redirectHost ?? '127.0.0.1';
    const callback = await listen(port ?? 0, host, finish).catch((error: unknown) => {
      if (tokenManager.oauth?.redirectPort !== undefined || port === undefined) throw error;
      return listen(0, host, finish);
    });
    try {
      const signIn = await pending.begin(tokenManager, callback.redirectUri);
      void signIn.done.catch(() => undefined).then(callback.close);
      return signIn;
    } catch (error) {
      callback.close();
      throw error;
    }
  };

  return {
    authorization: accountOf,
    async signIn(server, principal, way, challenge) {
      const tokenManager = accountOf(server, principal);
      if (tokenManager === undefined) throw nothingToSignInTo(server);
      if (challenge !== undefined) tokenManager.note(challenge);
      const pending = await waiting();
      const running = pending.find(tokenManager, way === 'loopback' ? undefined : way.redirectUri);
      if (running !== undefined) return running;
      const id = JSON.stringify([server.key, principal, way]);
      const begun = beginning.get(id);
      if (begun !== undefined) return begun;
      const started =
        way === 'loopback' ? viaLoopback(tokenManager, pending) : pending.begin(tokenManager, way.redirectUri);
      const begins = started.finally(() => beginning.delete(id));
      beginning.set(id, begins);
      return begins;
    },
    stored: (servers) => storedSignIns(store, servers),
    async signOut(server, principal) {
      if (server.link.transport === 'stdio') return 0;
      const fetch = guardedFetch(ownersWords(server.link));
      return endSignIns({ store, fetch, server, principal, log });
    },
    finish,
    close: () => void signIns?.then((pending) => pending.close()),
  };
}

const NOBODY: Promise<readonly string[]> = Promise.resolve([]);

interface Stranger extends Pick<HttpDefinition, 'url' | 'oauth'> {
  readonly definition: ServerDefinition;
  readonly resource: string;
}

/** Other entries whose servers may want a sign-in, but for those at the same origin: what goes there reaches the server anyway. */
function strangers({ link: own }: ServerDefinition, servers: Iterable<ServerDefinition>): Stranger[] {
  const home = own.transport === 'stdio' ? '' : placeOf(own.url);
  const found: Stranger[] = [];
  for (const definition of servers) {
    const { link } = definition;
    if (link.transport === 'stdio' || hasAuthorization(link.headers) || placeOf(link.url) === home) continue;
    found.push({ definition, url: link.url, oauth: link.oauth, resource: resourceOf(link) });
  }
  return found;
}

/** What the owner wrote about where the server is, and where its sign-in: either may be in a private network. */
function ownersWords({ url, oauth, ca }: HttpDefinition): GuardOptions {
  const trusted = oauth?.issuer === undefined ? [] : [new URL(oauth.issuer).hostname];
  return { configured: new URL(url), trusted, ...(ca === undefined ? {} : { ca }) };
}

/** The port that the registration of the last sign-in names: many authorization servers compare it. */
async function lastPort(tokenManager: TokenManager): Promise<number | undefined> {
  const address = (await tokenManager.load())?.credential.client?.redirectUri;
  const port = address === undefined ? '' : new URL(address).port;
  return port === '' ? undefined : Number(port);
}

/** USAGE: somebody wants to sign in to a server that `authorization` has nothing for. */
export function nothingToSignInTo({ name, link }: ServerDefinition): GatewayError {
  const why = link.transport === 'stdio' ? 'it is a program' : 'its entry has an Authorization header';
  return new GatewayError('USAGE', `Server "${name}" has nothing to sign in to: ${why}.`);
}
