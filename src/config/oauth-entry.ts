/** The part of an entry about signing in, as far as its parts fit together. */

import { isUrl } from '../shared/parse-url.ts';
import type { ServerEntry } from './file-schemas.ts';
import type { ConfigPath } from './json-document.ts';
import type { AssertionSource, OAuthDefinition } from './oauth-definition.ts';

type Report = (at: ConfigPath, message: string, fix: string) => void;

/** @returns undefined where the entry has no `oauth` that counts; what does not fit is reported. */
export function oauthOf(entry: ServerEntry, error: Report, warn: Report): OAuthDefinition | undefined {
  const { oauth, credentials, headers = new Map<string, string>() } = entry;
  const isPerPrincipal = credentials === 'per-principal';
  if (hasAuthorization(headers)) {
    const header = 'the Authorization header of the entry, which is used as it is';
    if (oauth !== undefined) warn(['oauth'], `has no effect beside ${header}`, 'Remove the header to sign in');
    if (isPerPrincipal) error(['credentials'], `contradicts ${header}`, 'Remove the header, or write "gateway"');
    return undefined;
  }
  if (isPerPrincipal && entry.sharing === 'shared') {
    error(['sharing'], 'contradicts "credentials"', 'A connection with the credentials of one principal is not shared');
  }
  if (oauth === undefined) return undefined;
  const { clientId, clientSecret, privateKey, clientMetadataUrl, tokenEndpointAuthMethod: method } = oauth;
  const refuse = (key: string, message: string, fix: string): void => error(['oauth', key], message, fix);
  for (const key of ['clientId', 'clientSecret', 'privateKey'] as const) {
    if (oauth[key] === '') refuse(key, 'is empty', 'Write its value, or remove it');
  }
  if (clientSecret !== undefined && clientId === undefined) {
    refuse('clientSecret', 'belongs to a client that is not named', 'Add "clientId"');
  }
  if (privateKey !== undefined && clientId === undefined && clientMetadataUrl === undefined) {
    refuse('privateKey', 'belongs to a client that is not named', 'Add "clientId" or "clientMetadataUrl"');
  }
  if (privateKey !== undefined && privateKey !== '' && !/-----BEGIN PRIVATE KEY-----/.test(privateKey)) {
    refuse('privateKey', 'is not a private key in PEM (PKCS #8)', 'It begins with -----BEGIN PRIVATE KEY-----');
  }
  if (clientMetadataUrl !== undefined && !isDocumentUrl(clientMetadataUrl)) {
    refuse('clientMetadataUrl', 'is not an https address with a path', 'Write e.g. "https://example.com/client.json"');
  }
  if (oauth.issuer !== undefined && !(/^https?:\/\//.test(oauth.issuer) && isUrl(oauth.issuer))) {
    refuse('issuer', 'is not an http or https address', 'Write it as the authorization server does');
  }
  if (
    oauth.redirectPort !== undefined &&
    oauth.callbackPort !== undefined &&
    oauth.redirectPort !== oauth.callbackPort
  ) {
    refuse('callbackPort', 'contradicts "redirectPort"', 'Keep one of them');
  }
  if (method === 'private_key_jwt' && privateKey === undefined) {
    refuse('tokenEndpointAuthMethod', 'needs a key', 'Add "privateKey"');
  }
  if (method?.startsWith('client_secret') === true && clientSecret === undefined) {
    refuse('tokenEndpointAuthMethod', 'needs a secret', 'Add "clientSecret"');
  }
  if (oauth.grantType === 'client_credentials') {
    if (clientId === undefined || (clientSecret === undefined && privateKey === undefined)) {
      refuse('grantType', 'needs a client that proves itself', 'Add "clientId", and "clientSecret" or "privateKey"');
    }
  }
  if (isPerPrincipal && oauth.grantType !== undefined && oauth.grantType !== 'authorization_code') {
    error(['credentials'], 'contradicts "grantType": nobody signs in', 'Write "gateway", or remove "grantType"');
  }
  checkAssertion(oauth, refuse);
  return {
    clientId,
    clientSecret,
    privateKey,
    signingAlgorithm: oauth.signingAlgorithm,
    issuer: oauth.issuer,
    clientMetadataUrl,
    grantType: oauth.grantType ?? 'authorization_code',
    ...(oauth.allowHttp === true ? { allowHttp: true } : {}),
    ...assertionOf(oauth),
    scopes: oauth.scopes,
    redirectPort: oauth.redirectPort ?? oauth.callbackPort,
    ...(oauth.redirectHost === undefined ? {} : { redirectHost: oauth.redirectHost }),
    tokenEndpointAuthMethod: method,
  };
}

type Fields = NonNullable<ServerEntry['oauth']>;

/** Reports keys of `jwt_bearer` that are missing, or that stand beside another grant. */
function checkAssertion(
  { grantType, assertion, assertionFile, identityProvider: provider }: Fields,
  refuse: (key: string, message: string, fix: string) => void,
): void {
  if (grantType !== 'jwt_bearer') {
    const stray = Object.entries({ assertion, assertionFile, identityProvider: provider }).find(([, value]) => value);
    if (stray !== undefined) refuse(stray[0], 'belongs to another "grantType"', 'Write "grantType": "jwt_bearer"');
    return;
  }
  if (assertion === undefined && assertionFile === undefined) {
    refuse('grantType', 'needs a JWT to present', 'Add "assertionFile", or "assertion"');
  }
  if (assertion !== undefined && assertionFile !== undefined) {
    refuse('assertionFile', 'contradicts "assertion"', 'Keep one of them');
  }
  for (const [key, value] of Object.entries({ assertion, assertionFile })) {
    if (value === '') refuse(key, 'is empty', 'Write its value, or remove it');
  }
  if (provider !== undefined && !(/^https?:\/\//.test(provider.issuer) && isUrl(provider.issuer))) {
    refuse('identityProvider', 'has an "issuer" that is not an http or https address', 'Write it as the provider does');
  }
}

function assertionOf({
  assertion,
  assertionFile,
  identityProvider,
}: Fields): Pick<OAuthDefinition, 'assertion' | 'identityProvider'> {
  const source: AssertionSource | undefined =
    assertion !== undefined ? { text: assertion } : assertionFile !== undefined ? { file: assertionFile } : undefined;
  return source === undefined ? {} : { assertion: source, ...(identityProvider && { identityProvider }) };
}

/** True where the gateway signs in for itself, and nobody else does. */
export function isForItself(oauth: Pick<OAuthDefinition, 'grantType'> | undefined): boolean {
  return oauth !== undefined && oauth.grantType !== 'authorization_code';
}

/** A header of the owner's own disables signing in. */
export function hasAuthorization(headers: ReadonlyMap<string, string>): boolean {
  return [...headers.keys()].some((name) => name.toLowerCase() === 'authorization');
}

function isDocumentUrl(text: string): boolean {
  if (!isUrl(text)) return false;
  const { protocol, pathname, hash } = new URL(text);
  return protocol === 'https:' && pathname !== '/' && hash === '';
}
