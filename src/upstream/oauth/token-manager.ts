/** The credential of one principal for one server: kept, renewed ahead of time, and asked for when it is not there. */
import type { HttpDefinition, OAuthDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Authorization, AuthorizationHeaders, Refusal, SentRequest } from '../channel/authorization.ts';
import type { Log } from '../contract.ts';
import {
  type Credential,
  configuredClient,
  type RegisteredClient,
  readCredential,
  secretsOf,
  type Tokens,
} from './credential.ts';
import type { CredentialKey, CredentialStore, GuardedFetch } from './credential-key.ts';
import type { Discovered } from './discovery.ts';
import type { GrantContext } from './grants.ts';
import { isSameIssuer, originOf } from './issuer.ts';
import type { OtherServer } from './issuer-check.ts';
import { resourceOf } from './stored-sign-ins.ts';
import { withoutNulls } from './without-nulls.ts';
import { type Challenge, covers, readChallenge, unionOf } from './www-authenticate.ts';

/** Milliseconds before its end in which a token is renewed, at most a tenth of its life. */
const AHEAD_MS = 60_000;
/** Milliseconds in which a new token is not renewed ahead, however shortly it lives. */
const YOUNG_MS = 1000;
/** Milliseconds without another try after the renewal of a token failed that is still good. */
const PATIENCE_MS = 10_000;
/** Milliseconds after which a credential is read again: its owner may have ended it in another process. */
const RECHECK_MS = 15_000;
/** A request is sent at most this often. */
const MAX_ATTEMPTS = 3;

export interface TokenManagerOptions {
  readonly server: string;
  readonly definition: HttpDefinition;
  /** `''` for the credential of the gateway. */
  readonly principal: string;
  readonly store: CredentialStore;
  readonly fetch: GuardedFetch;
  readonly log: Log;
  /** Other entries, with the authorization servers that they use. */
  readonly others: () => Promise<readonly OtherServer[]>;
  /** Places of the servers of other entries (`placeOf`). */
  readonly elsewhere: () => ReadonlySet<string>;
  /** Told of secrets before anything is sent with them. */
  readonly keepSecrets: (owner: string, values: readonly string[]) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Held {
  readonly issuer: string;
  readonly credential: Credential;
}

export interface TokenManager extends Authorization {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  readonly principal: string;
  readonly fetch: GuardedFetch;
  /** What is stored now. */
  load(): Promise<Held | undefined>;
  /** What the server said when it refused a request of another process. */
  note(challenge: Challenge): void;
  /** Where to sign in, found out anew. @throws GatewayError SERVER_UNAVAILABLE */
  discover(): Promise<Discovered>;
  /**
   * Scopes to ask for: those of the entry, or what the server said it needs and what was asked for before with this issuer.
   * Undefined where nobody said anything.
   */
  wanted(issuer: string): string | undefined;
  /** Stores a client that was registered for a sign-in; not where there is one that tokens in use belong to. */
  keepClient(issuer: string, indicator: string, client: RegisteredClient): Promise<void>;
  /** Remembers that a sign-in with a registered client has begun, or that the authorization server does not know it any more. */
  doubtClient(issuer: string, id: string, isForgotten: boolean): Promise<void>;
  /** For requests to the token endpoint. */
  contextOf(discovered: Discovered, client: RegisteredClient): GrantContext;
  /** The authorization servers that the server names, or itself. Never rejects. */
  named(): Promise<readonly string[]>;
  /** Stores and uses the outcome of a sign-in. */
  save(issuer: string, credential: Credential): Promise<void>;
}

export function createTokenManager(options: TokenManagerOptions): TokenManager {
  const { server, definition, principal, store, log, now, elsewhere } = options;
  const fetch = withoutNulls(options.fetch);
  const { oauth } = definition;
  const resource = resourceOf(definition);
  const isMachine = oauth?.grantType === 'client_credentials';
  let held: Held | undefined;
  let loading: Promise<Held | undefined> | undefined;
  let isLoaded = false;
  let renewing: Promise<void> | undefined;
  let discovered: Discovered | undefined;
  let refused: Challenge | undefined;
  let notAheadBefore = 0;
  let readAt = 0;

  /** What the server said last goes along: another process may do what is needed. */
  const required = (why?: string): GatewayError => signInRequired(server, refused, why);

  const keyOf = (issuer: string): CredentialKey => ({ issuer, resource, principal });

  const hold = (next: Held | undefined): void => {
    held = next;
    isLoaded = true;
    readAt = now();
    if (next !== undefined) options.keepSecrets(JSON.stringify(keyOf(next.issuer)), secretsOf(next.credential));
  };

  /** The newest of what is stored: there is more than one where the server changed its authorization server. */
  const readStore = async (): Promise<Held | undefined> => {
    let newest: Held | undefined;
    for (const key of await store.list()) {
      if (key.resource !== resource || key.principal !== principal) continue;
      const credential = readCredential(await store.read(key));
      if (credential === undefined) continue;
      if (newest === undefined || ageOf(credential) > ageOf(newest.credential))
        newest = { issuer: key.issuer, credential };
    }
    hold(newest);
    return newest;
  };

  const load = (): Promise<Held | undefined> => {
    loading ??= readStore().finally(() => {
      loading = undefined;
    });
    return loading;
  };

  const find = async (): Promise<Discovered> => {
    const { discover } = await import('./discovery.ts');
    const { resourceMetadata } = refused ?? { resourceMetadata: undefined };
    const found = await discover({ server, resource, resourceMetadata, issuer: oauth?.issuer, fetch });
    const { issuer: pinned } = (isLoaded ? held : await load()) ?? {};
    const isKnown = oauth?.issuer !== undefined || (pinned !== undefined && isSameIssuer(pinned, found.issuer));
    if (!isKnown) {
      const { checkIssuer } = await import('./issuer-check.ts');
      checkIssuer({
        server,
        resource,
        discovered: found,
        hasOAuth: oauth !== undefined,
        others: await options.others(),
      });
    }
    if (pinned !== undefined && !isSameIssuer(pinned, found.issuer)) {
      log.warn(
        { server, before: originOf(pinned), now: originOf(found.issuer) },
        'a server has another authorization server',
      );
    }
    discovered = found;
    return found;
  };

  const contextOf = (found: Discovered, client: RegisteredClient): GrantContext => ({
    server,
    oauth,
    discovered: found,
    client,
    fetch,
    now,
    elsewhere: elsewhere(),
  });

  /** Gets a token with the credentials of the entry. */
  const obtain = async (scope: string | undefined): Promise<void> => {
    const found = await find();
    const { asMachine, RefusedGrant } = await import('./grants.ts');
    const client = configuredClient(oauth);
    if (client === undefined) throw required();
    checkBinding(server, held, found.issuer);
    try {
      const tokens = await asMachine(contextOf(found, client), scope);
      await save(found.issuer, { indicator: found.indicator, client: undefined, asked: scope, tokens });
    } catch (error) {
      if (!(error instanceof RefusedGrant)) throw error;
      throw new GatewayError(
        'AUTH_REQUIRED',
        `The authorization server of "${server}" refuses the client of its entry: correct "oauth" in the servers file.`,
      );
    }
  };

  /** @param rejected the token that shall not be used any more. @param ahead it is still good. */
  const refreshOnce = async (rejected: string, ahead: boolean): Promise<void> => {
    const latest = await load();
    const tokens = latest?.credential.tokens;
    if (latest === undefined || tokens === undefined) throw required();
    if (tokens.access !== rejected) return;
    if (tokens.refresh === undefined) throw required();
    const found = ahead && discovered !== undefined ? discovered : await find();
    // Credentials of one authorization server are nothing to another one (Authorization Server Binding).
    if (!isSameIssuer(found.issuer, latest.issuer)) throw required();
    const { refresh, RefusedGrant } = await import('./grants.ts');
    let over = false;
    const stored = await store.update(keyOf(latest.issuer), async (value) => {
      const current = readCredential(value);
      const old = current?.tokens;
      // Another process was faster: its token is used, and the refresh token spent once.
      if (current === undefined || old?.refresh === undefined || old.access !== rejected) return undefined;
      const client = configuredClient(oauth) ?? current.client;
      if (client === undefined) throw required();
      try {
        const renewed = await refresh(contextOf(found, client), old, old.refresh);
        options.keepSecrets(JSON.stringify(keyOf(latest.issuer)), secretsOf({ ...current, tokens: renewed }));
        return { ...current, tokens: renewed };
      } catch (error) {
        if (!(error instanceof RefusedGrant)) throw error;
        over = true;
        log.info({ server, refused: `${error.what}${error.said}` }, 'the sign-in to a server is over');
        if (error.what === 'grant') return { ...current, tokens: { ...old, refresh: undefined } };
        if (error.what === 'request') return undefined;
        return current.client?.known === 'registered' ? { ...current, client: undefined } : undefined;
      }
    });
    const credential = readCredential(stored);
    hold(credential === undefined ? undefined : { issuer: latest.issuer, credential });
    if (over || credential?.tokens === undefined) throw required();
  };

  /** One at a time: whoever else needs it waits for the same. */
  const renew = (rejected: string | undefined, ahead: boolean): Promise<void> => {
    renewing ??= (
      isMachine
        ? obtain(unionOf(oauth?.scopes?.join(' '), held?.credential.asked, refused?.scope))
        : rejected === undefined
          ? load().then((found) => {
              if (found?.credential.tokens === undefined) throw required();
            })
          : refreshOnce(rejected, ahead)
    ).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const renewAhead = async ({ access }: Tokens): Promise<void> => {
    try {
      await renew(access, true);
    } catch (error) {
      // The token in hand may be good for a while; the server will say.
      notAheadBefore = now() + PATIENCE_MS;
      log.warn({ server, err: error }, 'a token could not be renewed ahead of time');
    }
  };

  const isDue = ({ refresh, obtainedAt, expiresAt }: Tokens): boolean => {
    if (expiresAt === undefined || (refresh === undefined && !isMachine)) return false;
    const ahead = Math.min(AHEAD_MS, (expiresAt - obtainedAt) / 10);
    // A clock that was set back would make it wait for as long.
    const patient = notAheadBefore - now() > PATIENCE_MS ? 0 : notAheadBefore;
    return now() >= Math.max(expiresAt - ahead, obtainedAt + YOUNG_MS, patient);
  };

  const headersNow = (): AuthorizationHeaders => {
    const access = held?.credential.tokens?.access;
    return access === undefined ? undefined : { authorization: `Bearer ${access}` };
  };

  const headers = (): AuthorizationHeaders | Promise<AuthorizationHeaders> => {
    if (!isLoaded) return load().catch(unreadable).then(headers);
    const tokens = held?.credential.tokens;
    if (tokens !== undefined && Math.abs(now() - readAt) > RECHECK_MS) {
      readAt = now();
      load().catch(unreadable);
    }
    if (tokens === undefined || !isDue(tokens)) return headersNow();
    return renewAhead(tokens).then(headersNow);
  };

  /** A server that wants no sign-in works without the store; one that does will say so. */
  const unreadable = (error: unknown): void => {
    isLoaded = true;
    log.warn({ server, err: error }, 'stored sign-ins cannot be read');
  };

  const save = async (issuer: string, credential: Credential): Promise<void> => {
    options.keepSecrets(JSON.stringify(keyOf(issuer)), secretsOf(credential));
    await store.update(keyOf(issuer), async () => credential);
    // What another authorization server gave is of no use any more.
    for (const key of await store.list()) {
      const isOld = key.resource === resource && key.principal === principal && key.issuer !== issuer;
      if (isOld && credential.tokens !== undefined) await store.remove(key);
    }
    hold({ issuer, credential });
  };

  const unauthorized = async ({ authorization }: SentRequest, { challenge, attempts }: Refusal): Promise<boolean> => {
    const read = readChallenge(challenge);
    // Basic, for example: nothing that signing in could help with.
    if (challenge !== undefined && read === undefined) return false;
    refused = read;
    const usable = headersNow()?.['authorization'];
    if (usable !== undefined && usable !== authorization) return attempts < MAX_ATTEMPTS;
    if (attempts > 1) throw required('it does not accept the token that it was just given');
    await renew(held?.credential.tokens?.access, false);
    return true;
  };

  /** Step-up (2026-07-28, basic/authorization, Step-Up Authorization Flow). */
  const forbidden = async ({ authorization }: SentRequest, { challenge, attempts }: Refusal): Promise<boolean> => {
    const read = readChallenge(challenge);
    if (read?.error !== 'insufficient_scope') return false;
    if (attempts === 1) await load();
    const usable = headersNow()?.['authorization'];
    if (usable !== undefined && usable !== authorization) return attempts < MAX_ATTEMPTS;
    refused = read;
    // What was asked for already and not given is not asked for again.
    if (covers(read.scope, held?.credential.asked)) return false;
    if (!isMachine) throw required('this call needs more permissions than the last sign-in gave');
    await renew(held?.credential.tokens?.access, false);
    return attempts < MAX_ATTEMPTS;
  };

  return {
    server,
    oauth,
    principal,
    fetch,
    headers,
    refused: (request, refusal) =>
      refusal.status === 401 ? unauthorized(request, refusal) : forbidden(request, refusal),
    load,
    note(challenge) {
      refused = challenge;
    },
    discover: find,
    wanted(issuer) {
      const before = held !== undefined && isSameIssuer(held.issuer, issuer) ? held.credential.asked : undefined;
      const own = oauth?.scopes?.join(' ');
      if (refused?.error === 'insufficient_scope') return unionOf(own, before, refused.scope);
      return own ?? unionOf(before, refused?.scope);
    },
    async keepClient(issuer, indicator, client) {
      // Beside the tokens that may still be in use.
      if (client.secret !== undefined) options.keepSecrets(JSON.stringify(['client', keyOf(issuer)]), [client.secret]);
      await store.update(keyOf(issuer), async (value) => {
        const current = readCredential(value);
        // Without a refresh token they need no client any more.
        if (current?.tokens?.refresh !== undefined) return undefined;
        return { ...current, indicator, client, asked: current?.asked };
      });
    },
    async doubtClient(issuer, id, isForgotten) {
      await store.update(keyOf(issuer), async (value) => {
        const current = readCredential(value);
        if (current?.client?.id !== id) return undefined;
        return { ...current, client: isForgotten ? undefined : { ...current.client, isDoubtful: true } };
      });
    },
    contextOf,
    async named() {
      const { describe } = await import('./discovery.ts');
      const described = await describe({ resource, resourceMetadata: refused?.resourceMetadata, fetch }).catch(
        () => undefined,
      );
      return described?.authorization_servers ?? [new URL('/', resource).href];
    },
    save,
  };
}

function ageOf({ tokens }: Credential): number {
  return tokens?.obtainedAt ?? -1;
}

/** AUTH_REQUIRED, as the owner of the gateway can act on it. @param why goes on from the name of the server. */
function signInRequired(
  server: string,
  challenge: Challenge | undefined,
  why = 'nobody is signed in to it',
): GatewayError {
  return new GatewayError(
    'AUTH_REQUIRED',
    `Server "${server}" needs a sign-in: ${why}. Its owner can do that with: agent-mcp-gateway auth login ${server}`,
    { data: { server, why, challenge } },
  );
}

function checkBinding(server: string, held: Held | undefined, issuer: string): void {
  if (held === undefined || isSameIssuer(held.issuer, issuer)) return;
  throw new GatewayError(
    'AUTH_REQUIRED',
    `Server "${server}" names another authorization server than before; the client of its entry is not shown to it. If that is meant, run: agent-mcp-gateway auth logout ${server}`,
  );
}
