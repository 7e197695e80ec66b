/** An authorization server and a store without network and disk, for tests. */
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import type { HttpDefinition } from '../../config/snapshot.ts';
import type { Log } from '../contract.ts';
import type { CredentialKey, CredentialStore } from './credential-contract.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import type { OtherServer } from './issuer-check.ts';
import { TokenManager } from './token-manager.ts';

export const RESOURCE = 'https://mcp.example.com/mcp';
export const ISSUER = 'https://auth.example.com';

interface FakeServer {
  readonly fetch: GuardedFetch;
  /** Requests so far, `METHOD path`. */
  readonly requests: string[];
  /** Parameters of token requests. */
  readonly grants: URLSearchParams[];
  /** Proofs of token requests (RFC 9449); undefined for those without one. */
  readonly proofs: (string | undefined)[];
  /** Bodies of registrations. */
  readonly registrations: Readonly<Record<string, unknown>>[];
  /** The answer to a request for a code of the device flow. */
  device: (() => Response) | undefined;
  /** The answer to a token request; a new token each time where it is undefined. */
  answer: (() => Response) | undefined;
  /** Changes of its metadata. */
  metadata: Readonly<Record<string, unknown>>;
  /** Changes of the metadata of the resource. */
  resource: Readonly<Record<string, unknown>>;
}

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

export function fakeServer(): FakeServer {
  let count = 0;
  const fake: FakeServer = {
    requests: [],
    grants: [],
    proofs: [],
    registrations: [],
    answer: undefined,
    device: undefined,
    metadata: {},
    resource: {},
    async fetch(address, init) {
      const url = new URL(address);
      fake.requests.push(`${init?.method ?? 'GET'} ${url.pathname}`);
      // As on a network: the answer comes later.
      await new Promise((resolve) => setImmediate(resolve));
      if (url.pathname.startsWith('/.well-known/oauth-protected-resource')) {
        return json({ resource: RESOURCE, authorization_servers: [ISSUER], ...fake.resource });
      }
      if (url.pathname.startsWith('/.well-known/oauth-authorization-server')) {
        return json({ ...metadataOf(url.origin), ...fake.metadata });
      }
      if (url.pathname === '/register') {
        const asked = JSON.parse(String(init?.body)) as Record<string, unknown>;
        fake.registrations.push(asked);
        return json({ ...asked, client_id: `client-${fake.registrations.length}` }, 201);
      }
      if (url.pathname === '/device') {
        fake.grants.push(new URLSearchParams(String(init?.body)));
        return fake.device?.() ?? json({}, 404);
      }
      if (url.pathname !== '/token') return json({}, 404);
      fake.grants.push(new URLSearchParams(String(init?.body)));
      fake.proofs.push(new Headers(init?.headers).get('dpop') ?? undefined);
      return fake.answer?.() ?? json(newTokens(++count));
    },
  };
  return fake;
}

function metadataOf(origin: string): object {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  };
}

function newTokens(count: number): object {
  return {
    access_token: `access-${count}`,
    refresh_token: `refresh-${count}`,
    token_type: 'Bearer',
    expires_in: 3600,
  };
}

export function memoryStore(): CredentialStore {
  const values = new Map<string, { readonly key: CredentialKey; readonly value: unknown }>();
  let last: Promise<unknown> = Promise.resolve();
  const idOf = ({ issuer, resource, owner }: CredentialKey): string => JSON.stringify([issuer, resource, owner]);
  return {
    read: async (key) => values.get(idOf(key))?.value,
    update(key, change) {
      const next = last.then(async () => {
        const value = await change(values.get(idOf(key))?.value);
        if (value !== undefined) values.set(idOf(key), { key, value });
        return values.get(idOf(key))?.value;
      });
      last = next.catch(() => undefined);
      return next;
    },
    remove: async (key) => values.delete(idOf(key)),
    list: async () => Array.from(values.values(), ({ key }) => key),
  };
}

/** A request to the server, for what it carries. */
export const POST = { method: 'POST', body: '{"jsonrpc":"2.0"}' } as const;

export const noLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export const NO_OAUTH: OAuthDefinition = {
  clientId: undefined,
  clientSecret: undefined,
  privateKey: undefined,
  signingAlgorithm: undefined,
  issuer: undefined,
  clientMetadataUrl: undefined,
  grantType: 'authorization_code',
  scopes: undefined,
  redirectPort: undefined,
  tokenEndpointAuthMethod: undefined,
};

export interface TokenManagerParts {
  readonly fake: FakeServer;
  readonly store?: CredentialStore;
  readonly oauth?: Partial<OAuthDefinition>;
  readonly now?: () => number;
  readonly keepSecrets?: (owner: string, values: readonly string[]) => void;
  readonly others?: readonly OtherServer[];
  readonly elsewhere?: readonly string[];
}

export function tokenManagerFor({
  fake,
  store = memoryStore(),
  oauth,
  now = Date.now,
  keepSecrets,
  others = [],
  elsewhere = [],
}: TokenManagerParts): TokenManager {
  const definition: HttpDefinition = {
    transport: 'http',
    url: RESOURCE,
    headers: new Map(),
    oauth: oauth === undefined ? undefined : { ...NO_OAUTH, ...oauth },
  };
  const base = { server: 'mcp', definition, owner: '', store, fetch: fake.fetch, log: noLog, now };
  const strangers = { others: async () => others, elsewhere: () => new Set(elsewhere) };
  return new TokenManager({ ...base, ...strangers, keepSecrets: keepSecrets ?? (() => undefined) });
}
