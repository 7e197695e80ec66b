/** The part of a server entry about signing in, as the gateway uses it. */

/** The client with which the gateway presents itself to the authorization server of a server (docs/oauth.md); undefined takes the default. */
export interface OAuthDefinition {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** PEM (PKCS #8) of the key that signs the assertions of `private_key_jwt`. */
  readonly privateKey: string | undefined;
  readonly signingAlgorithm: string | undefined;
  /** The only authorization server that may be used. */
  readonly issuer: string | undefined;
  /** `https` address of a client ID metadata document. */
  readonly clientMetadataUrl: string | undefined;
  readonly grantType: 'authorization_code' | 'client_credentials' | 'jwt_bearer';
  /** The JWT that `jwt_bearer` presents. */
  readonly assertion?: AssertionSource | undefined;
  /** The identity provider that gives a grant for it; undefined where it is presented as it is. */
  readonly identityProvider?: IdentityProvider | undefined;
  /** True where the owner accepts that tokens cross a network unencrypted. */
  readonly allowHttp?: boolean | undefined;
  readonly scopes: readonly string[] | undefined;
  /** Port of the loopback address that the browser comes back to. */
  readonly redirectPort: number | undefined;
  /** The host in that address; undefined is `127.0.0.1`. */
  readonly redirectHost?: LoopbackName | undefined;
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod | undefined;
}

/** A JWT, or the whole path of the file that holds it. */
export type AssertionSource = { readonly text: string } | { readonly file: string };

/** The gateway as an identity provider knows it. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/** Names of this machine that authorization servers take. */
export type LoopbackName = '127.0.0.1' | 'localhost';

type TokenEndpointAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';
