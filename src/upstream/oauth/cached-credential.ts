/** The stored credential of one principal for one server, as it was read last, and the changes of what is stored. */
import {
  type Credential,
  credentialSecrets,
  type RegisteredClient,
  readCredential,
  type Tokens,
} from './credential.ts';
import type { CredentialKey, CredentialStore } from './credential-contract.ts';

/** Milliseconds after which a credential is read again: its owner may have ended it in another process. */
const RECHECK_MS = 15_000;
/** Assertions that are remembered as secrets: two requests with one of a platform and one of an identity provider each. */
const MAX_PRESENTED = 4;

export interface CachedCredentialOptions {
  readonly store: CredentialStore;
  /** Address of the server, as credentials are stored under it. */
  readonly resource: string;
  /** `''` for the credential of the gateway. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes secrets before anything is sent with them. */
  readonly keepSecrets: (owner: string, values: readonly string[]) => void;
  /** Takes what goes wrong where nobody waits for the store. */
  readonly onUnreadable: (error: unknown) => void;
}

/** A credential and the authorization server that it belongs to. */
export interface IssuedCredential {
  readonly issuer: string;
  readonly credential: Credential;
}

export class CachedCredential {
  readonly #options: CachedCredentialOptions;
  #current: IssuedCredential | undefined;
  #isLoaded = false;
  #loading: Promise<IssuedCredential | undefined> | undefined;
  #readAt = 0;
  #presented: readonly string[] = [];

  constructor(options: CachedCredentialOptions) {
    this.#options = options;
  }

  /** Undefined for none, and before the first `load`. */
  get current(): IssuedCredential | undefined {
    return this.#current;
  }

  get tokens(): Tokens | undefined {
    return this.#current?.credential.tokens;
  }

  /** False before the first `load`. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Takes what is presented in the place of a credential, before it is sent. */
  keepSecret(value: string): void {
    const { resource, owner, keepSecrets } = this.#options;
    this.#presented = [...this.#presented.filter((one) => one !== value).slice(-MAX_PRESENTED + 1), value];
    keepSecrets(JSON.stringify(['presented', resource, owner]), this.#presented);
  }

  /** Reads what is stored now, once for all who ask at the same time. @throws GatewayError CREDENTIALS_UNREADABLE */
  load(): Promise<IssuedCredential | undefined> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Reads what is stored now. A store that cannot be read is one without a credential: not every server wants one. */
  async loadIfReadable(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.#isLoaded = true;
      this.#options.onUnreadable(error);
    }
  }

  /** Begins to read again what was read a while ago. */
  reloadWhenOld(): void {
    const now = this.#options.now();
    if (Math.abs(now - this.#readAt) <= RECHECK_MS) return;
    this.#readAt = now;
    void this.loadIfReadable();
  }

  /** Stores and uses the outcome of a sign-in. */
  async save(issuer: string, credential: Credential): Promise<void> {
    const { store } = this.#options;
    this.#keepSecrets(issuer, credential);
    await store.update(this.#keyOf(issuer), async () => credential);
    // Tokens of another authorization server are of no use any more.
    if (credential.tokens !== undefined) {
      for (const key of await this.#keys()) if (key.issuer !== issuer) await store.remove(key);
    }
    this.#use({ issuer, credential });
  }

  /**
   * Changes the stored credential while no other process can, and uses the outcome.
   * @param change gets what is stored now; undefined leaves it as it is.
   */
  async update(
    issuer: string,
    change: (stored: Credential | undefined) => Promise<Credential | undefined>,
  ): Promise<Credential | undefined> {
    const value = await this.#options.store.update(this.#keyOf(issuer), async (stored) => {
      const next = await change(readCredential(stored));
      if (next !== undefined) this.#keepSecrets(issuer, next);
      return next;
    });
    const credential = readCredential(value);
    this.#use(credential === undefined ? undefined : { issuer, credential });
    return credential;
  }

  /** Stores a client that was registered for a sign-in; not where there is one that tokens in use belong to. */
  async saveClient(issuer: string, indicator: string, client: RegisteredClient): Promise<void> {
    const { store, keepSecrets } = this.#options;
    const key = this.#keyOf(issuer);
    // Beside the secrets of the tokens that may still be in use.
    if (client.secret !== undefined) keepSecrets(JSON.stringify(['client', key]), [client.secret]);
    await store.update(key, async (value) => {
      const stored = readCredential(value);
      // Without a refresh token they need no client any more.
      if (stored?.tokens?.refresh !== undefined) return undefined;
      return { ...stored, indicator, client, asked: stored?.asked };
    });
  }

  /** Marks a registered client: its sign-in has begun again, and the authorization server may not know it any more. */
  doubtClient(issuer: string, id: string): Promise<void> {
    return this.#updateClient(issuer, id, (client) => ({ ...client, isDoubtful: true }));
  }

  /** Removes a registered client that the authorization server does not know any more. */
  forgetClient(issuer: string, id: string): Promise<void> {
    return this.#updateClient(issuer, id, () => undefined);
  }

  async #updateClient(
    issuer: string,
    id: string,
    change: (client: RegisteredClient) => RegisteredClient | undefined,
  ): Promise<void> {
    await this.#options.store.update(this.#keyOf(issuer), async (value) => {
      const stored = readCredential(value);
      return stored?.client?.id === id ? { ...stored, client: change(stored.client) } : undefined;
    });
  }

  /** The newest of what is stored: there is more than one where the server changed its authorization server. */
  async #read(): Promise<IssuedCredential | undefined> {
    let newest: IssuedCredential | undefined;
    for (const key of await this.#keys()) {
      const credential = readCredential(await this.#options.store.read(key));
      if (credential === undefined) continue;
      if (newest === undefined || obtainedAt(credential) > obtainedAt(newest.credential)) {
        newest = { issuer: key.issuer, credential };
      }
    }
    this.#use(newest);
    return newest;
  }

  #use(next: IssuedCredential | undefined): void {
    this.#current = next;
    this.#isLoaded = true;
    this.#readAt = this.#options.now();
    if (next !== undefined) this.#keepSecrets(next.issuer, next.credential);
  }

  #keepSecrets(issuer: string, credential: Credential): void {
    this.#options.keepSecrets(JSON.stringify(this.#keyOf(issuer)), credentialSecrets(credential));
  }

  #keyOf(issuer: string): CredentialKey {
    const { resource, owner } = this.#options;
    return { issuer, resource, owner };
  }

  async #keys(): Promise<readonly CredentialKey[]> {
    const { store, resource, owner } = this.#options;
    return (await store.list()).filter((key) => key.resource === resource && key.owner === owner);
  }
}

function obtainedAt({ tokens }: Credential): number {
  return tokens?.obtainedAt ?? -1;
}
