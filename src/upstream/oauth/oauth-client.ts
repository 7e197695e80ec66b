/** Signing in to servers: the token managers of all principals, and the sign-ins that wait for a person. */

import { setTimeout } from 'node:timers/promises';
import type { LoopbackName } from '../../config/oauth-definition.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Authorization } from '../channel/authorization.ts';
import { guardOptionsOf } from './address-guard.ts';
import type { AuthorizationFlows, SignIn } from './authorization-flow.ts';
import type { DeviceSignIn } from './device-grant.ts';
import { endSignIns, type StoredSignIn, storedSignIns } from './stored-sign-ins.ts';
import type { TokenManager } from './token-manager.ts';
import { TokenManagers, type TokenManagersOptions } from './token-managers.ts';
import type { Challenge } from './www-authenticate.ts';

/** A loopback address that an authorization server sends a browser back to. */
interface Callback {
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

interface OAuthClientOptions extends TokenManagersOptions {
  readonly listen: ListenForCallback;
  /** Somebody signed in to a server. */
  readonly signedIn?: (server: string) => void;
}

/** The place that the person comes back to: this machine, or an address of the gateway that browsers reach. */
export type SignInWay = 'loopback' | { readonly redirectUri: string };

export interface OAuthClient {
  /** For requests; undefined where the entry brings its own `Authorization`, and for programs. */
  authorization(server: ServerDefinition, owner: string): Authorization | undefined;
  /**
   * A sign-in that waits for a person: the one under way, or a new one.
   * @param challenge what the server said (`data` of AUTH_REQUIRED), as far as is known.
   * @throws GatewayError SERVER_UNAVAILABLE
   */
  signIn(server: ServerDefinition, owner: string, way: SignInWay, challenge: Challenge | undefined): Promise<SignIn>;
  /** A new sign-in with a code on another device. @throws GatewayError SERVER_UNAVAILABLE */
  signInByCode(server: ServerDefinition, owner: string, challenge: Challenge | undefined): Promise<DeviceSignIn>;
  /** The sign-ins that are stored for these servers. @throws GatewayError CREDENTIALS_UNREADABLE */
  stored(servers: Iterable<ServerDefinition>): Promise<readonly StoredSignIn[]>;
  /** Ends the sign-ins of one principal to one server. @returns how many there were. */
  signOut(server: ServerDefinition, owner: string): Promise<number>;
  /** See `AuthorizationFlows.finish`. */
  finish(answer: URLSearchParams, redirectUri?: string): Promise<string>;
  /** Ends what waits. */
  close(): void;
}

export function createOAuthClient(options: OAuthClientOptions): OAuthClient {
  const { store, guardedFetch, listen, log } = options;
  const tokenManagers = new TokenManagers(options);
  /** Sign-ins that are begun, by what they are for. */
  const starting = new Map<string, Promise<SignIn>>();
  let flows: Promise<AuthorizationFlows> | undefined;

  /** Loaded when somebody has to sign in: few gateways ever need it. */
  const loadFlows = (): Promise<AuthorizationFlows> => {
    flows ??= import('./authorization-flow.ts').then((module) => new module.AuthorizationFlows());
    return flows;
  };

  const finish = async (answer: URLSearchParams, redirectUri?: string): Promise<string> => {
    const server = await (await loadFlows()).finish(answer, redirectUri);
    options.signedIn?.(server);
    return server;
  };

  return {
    authorization: (server, owner) => tokenManagers.of(server, owner),
    async signIn(server, owner, way, challenge) {
      const tokenManager = tokenManagers.of(server, owner);
      if (tokenManager === undefined) throw nothingToSignInTo(server);
      if (challenge !== undefined) tokenManager.noteChallenge(challenge);
      const pending = await loadFlows();
      const redirectUri = way === 'loopback' ? undefined : way.redirectUri;
      const running = pending.find(tokenManager, redirectUri);
      if (running !== undefined) return running;
      const id = JSON.stringify([server.key, owner, way]);
      const begin = (): Promise<SignIn> =>
        redirectUri === undefined
          ? signInViaLoopback(tokenManager, pending, listen, finish)
          : pending.begin(tokenManager, redirectUri);
      const signIn = starting.get(id) ?? begin().finally(() => starting.delete(id));
      starting.set(id, signIn);
      return signIn;
    },
    async signInByCode(server, owner, challenge) {
      const tokenManager = tokenManagers.of(server, owner);
      if (tokenManager === undefined) throw nothingToSignInTo(server);
      if (challenge !== undefined) tokenManager.noteChallenge(challenge);
      const { beginDeviceSignIn } = await import('./device-grant.ts');
      return beginDeviceSignIn(tokenManager, { pause: setTimeout, now: () => performance.now() });
    },
    stored: (servers) => storedSignIns(store, servers),
    async signOut(server, owner) {
      if (server.link.transport === 'stdio') return 0;
      const fetch = guardedFetch(guardOptionsOf(server.link));
      return endSignIns({ store, fetch, server, owner, log });
    },
    finish,
    close: () => void flows?.then((pending) => pending.close()),
  };
}

/** Begins a sign-in whose answer comes to this machine, and listens for it until the sign-in ends. */
async function signInViaLoopback(
  tokenManager: TokenManager,
  flows: AuthorizationFlows,
  listen: ListenForCallback,
  receive: (answer: URLSearchParams, redirectUri: string) => Promise<string>,
): Promise<SignIn> {
  const { redirectPort, redirectHost: host = '127.0.0.1' } = tokenManager.oauth ?? {};
  const port = redirectPort ?? (await lastPort(tokenManager));
  const callback = await listen(port ?? 0, host, receive).catch((error: unknown) => {
    if (redirectPort !== undefined || port === undefined) throw error;
    return listen(0, host, receive);
  });
  try {
    const signIn = await flows.begin(tokenManager, callback.redirectUri);
    void signIn.done.catch(() => undefined).then(callback.close);
    return signIn;
  } catch (error) {
    callback.close();
    throw error;
  }
}

/** The port that the registration of the last sign-in names: many authorization servers compare it. */
async function lastPort({ credential }: TokenManager): Promise<number | undefined> {
  const address = (await credential.load())?.credential.client?.redirectUri;
  const port = address === undefined ? '' : new URL(address).port;
  return port === '' ? undefined : Number(port);
}

/** USAGE: somebody wants to sign in to a server that `authorization` has nothing for. */
export function nothingToSignInTo({ name, link }: ServerDefinition): GatewayError {
  const why = link.transport === 'stdio' ? 'it is a program' : 'its entry has an Authorization header';
  return new GatewayError('USAGE', `Server "${name}" has nothing to sign in to: ${why}.`);
}
