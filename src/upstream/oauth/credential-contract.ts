/** The contract of whatever keeps credentials of servers. */

/** Names a credential. */
export interface CredentialKey {
  /** Issuer identifier of the authorization server (RFC 8414), as it writes it. */
  readonly issuer: string;
  /** Canonical address of the MCP server: the `url` of its entry without fragment. */
  readonly resource: string;
  /** The connection's owner that it belongs to; `''` for the credential that all principals share. */
  readonly owner: string;
}

/** Keeps credentials. Values are JSON; the store does not look into them. */
export interface CredentialStore {
  /** Undefined where there is none. @throws GatewayError CREDENTIALS_UNREADABLE */
  read(key: CredentialKey): Promise<unknown>;
  /**
   * Replaces one value while no other process of this machine can change it. `change` gets what is stored now (undefined
   * for nothing) and resolves with what shall be; undefined leaves everything as it is. It may take as long as a request
   * to an authorization server. Resolves with what is stored in the end.
   */
  update(key: CredentialKey, change: (stored: unknown) => Promise<unknown>): Promise<unknown>;
  /** False where there was none. */
  remove(key: CredentialKey): Promise<boolean>;
  /** The keys of all that is stored. Cheap where nothing is: asked at the first connection to every HTTP server. */
  list(): Promise<readonly CredentialKey[]>;
}
