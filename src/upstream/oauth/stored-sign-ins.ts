/** Stored sign-ins, for the commands of the owner: what there is, and its end. */
import { isForItself } from '../../config/oauth-entry.ts';
import type { HttpDefinition, ServerDefinition } from '../../config/snapshot.ts';
import type { Log } from '../contract.ts';
import { type Credential, readCredential } from './credential.ts';
import type { CredentialStore } from './credential-contract.ts';
import type { GuardedFetch } from './guarded-fetch.ts';

export interface StoredSignIn {
  readonly server: string;
  /** `''` for the credential of the gateway. */
  readonly owner: string;
  readonly issuer: string;
  readonly clientId: string | undefined;
  readonly scopes: string | undefined;
  /** Milliseconds since 1970; undefined where the authorization server does not say. */
  readonly expiresAt: number | undefined;
  /** True where it can be renewed without a person. */
  readonly renews: boolean;
  /** `over`: it was refused, or nobody finished it. `unreadable`: it was encrypted with another key, or is damaged. */
  readonly state: 'usable' | 'over' | 'unreadable';
}

/** Address of a server as credentials are kept under it. */
export function resourceOf({ url }: HttpDefinition): string {
  const address = new URL(url);
  address.hash = '';
  return address.href;
}

const UNREADABLE = {
  clientId: undefined,
  scopes: undefined,
  expiresAt: undefined,
  renews: false,
  state: 'unreadable',
} as const;

/** The sign-ins that are stored for these servers. @throws GatewayError CREDENTIALS_UNREADABLE where the folder is */
export async function storedSignIns(
  store: CredentialStore,
  servers: Iterable<ServerDefinition>,
): Promise<StoredSignIn[]> {
  const keys = await store.list();
  const signIns: StoredSignIn[] = [];
  for (const { name, link } of servers) {
    if (link.transport === 'stdio') continue;
    const resource = resourceOf(link);
    const isMachine = isForItself(link.oauth);
    for (const key of keys.filter((candidate) => candidate.resource === resource)) {
      const { issuer, owner } = key;
      const stored = { server: name, issuer, owner };
      const credential = await store.read(key).then(readCredential, () => undefined);
      signIns.push({ ...stored, ...(credential === undefined ? UNREADABLE : facts(credential, isMachine)) });
    }
  }
  return signIns;
}

function facts(
  { client, asked, tokens }: Credential,
  isMachine: boolean,
): Omit<StoredSignIn, 'server' | 'issuer' | 'owner'> {
  const renews = isMachine || tokens?.refresh !== undefined;
  const lives = tokens !== undefined && (renews || tokens.expiresAt === undefined || tokens.expiresAt > Date.now());
  return {
    clientId: client?.id,
    scopes: tokens?.scope ?? asked,
    expiresAt: tokens?.expiresAt,
    renews,
    state: lives ? 'usable' : 'over',
  };
}

interface EndOptions {
  readonly store: CredentialStore;
  readonly fetch: GuardedFetch;
  readonly server: ServerDefinition;
  readonly owner: string;
  readonly log: Log;
}

/**
 * Removes the sign-ins of one principal to one server, and tells their authorization servers.
 * @returns how many there were.
 */
export async function endSignIns({ store, fetch, server, owner, log }: EndOptions): Promise<number> {
  const { link, name } = server;
  if (link.transport === 'stdio') return 0;
  const resource = resourceOf(link);
  let count = 0;
  for (const key of await store.list()) {
    if (key.resource !== resource || key.owner !== owner) continue;
    const credential = await store.read(key).then(readCredential, () => undefined);
    if (await store.remove(key)) count++;
    if (credential?.tokens === undefined) continue;
    try {
      const { revoke } = await import('./revoke.ts');
      await revoke({ definition: link, issuer: key.issuer, credential, fetch });
    } catch (error) {
      log.debug({ server: name, err: error }, 'an authorization server was not told of a logout');
    }
  }
  return count;
}
