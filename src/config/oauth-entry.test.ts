import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import * as schema from './file-schemas.ts';
import { parseDocument } from './json-document.ts';
import { collectSecrets } from './known-secrets.ts';
import { readServers } from './servers-file.ts';

const PEM = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----';
const URL = 'https://mcp.example.com/mcp';

const read = (entry: object, env = {}) => {
  const parsed = parseDocument('servers', Buffer.from(JSON.stringify({ mcpServers: { it: entry } }, null, 1)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return readServers(parsed.document, { env, schema, mainScript: undefined });
};

test('an entry without a word about signing in signs in with the defaults', () => {
  const { servers, problems } = read({ url: URL });
  expect(problems).toEqual([]);
  expect(servers.get('it')?.link).toMatchObject({ oauth: undefined, credentials: undefined });
});

test('everything that an entry may say', () => {
  const secret = `$\{SECRET}`;
  const oauth = {
    clientId: 'c',
    clientSecret: secret,
    issuer: 'https://id.example.com',
    scopes: ['read', 'write'],
    redirectPort: 4711,
    tokenEndpointAuthMethod: 'client_secret_post',
    clientMetadataUrl: 'https://example.com/client.json',
    grantType: 'client_credentials',
    signingAlgorithm: 'ES256',
  };
  const { servers, problems } = read({ url: URL, credentials: 'gateway', oauth }, { SECRET: 'very secret' });
  expect(problems).toEqual([]);
  expect(servers.get('it')?.link).toMatchObject({
    credentials: 'gateway',
    oauth: { ...oauth, clientSecret: 'very secret', privateKey: undefined },
  });
  expect(collectSecrets(servers.values(), [])).toContain('very secret');
});

test('a JWT that somebody else gives is a text, or a file beside the servers file', () => {
  const provider = { issuer: 'https://idp.example.com', clientId: 'sso', clientSecret: 'sso-secret-1' };
  const given = { grantType: 'jwt_bearer', assertion: `$\{JWT}`, identityProvider: provider };
  const { servers, problems } = read({ url: URL, oauth: given }, { JWT: 'ey.platform.jwt' });
  expect(problems).toEqual([]);
  expect(servers.get('it')?.link).toMatchObject({
    oauth: { grantType: 'jwt_bearer', assertion: { text: 'ey.platform.jwt' }, identityProvider: provider },
  });
  expect(collectSecrets(servers.values(), [])).toEqual(expect.arrayContaining(['ey.platform.jwt', 'sso-secret-1']));

  const file = read({ url: URL, oauth: { grantType: 'jwt_bearer', assertionFile: 'token' } }).servers.get('it');
  expect(file?.link).toMatchObject({ oauth: { assertion: { file: resolve('token') } } });
});

test('what is said about signing in makes another connection', () => {
  const keyOf = (more: object) => read({ url: URL, ...more }).servers.get('it')?.key;
  const keys = [{}, { credentials: 'per-principal' }, { oauth: { scopes: ['a'] } }, { oauth: { scopes: ['b'] } }];
  expect(new Set(keys.map(keyOf)).size).toBe(keys.length);
});

test.each([
  [{ callbackPort: 4711 }, { redirectPort: 4711 }],
  [{ callbackPort: 4711, redirectPort: 4711 }, { redirectPort: 4711 }],
  [
    { redirectPort: 4711, redirectHost: 'localhost' },
    { redirectPort: 4711, redirectHost: 'localhost' },
  ],
])('the redirect address may be said as %j', (oauth, expected) => {
  const { servers, problems } = read({ url: URL, oauth });
  expect(problems).toEqual([]);
  expect(servers.get('it')?.link).toMatchObject({ oauth: expected });
});

test('keys that other clients have in "oauth" are told and left out', () => {
  const { servers, problems } = read({ url: URL, oauth: { clientId: 'c', authServer: 'x' } });
  expect(problems).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('"oauth.authServer" is not known'), line: 7 },
  ]);
  expect(servers.get('it')?.link).toMatchObject({ oauth: { clientId: 'c' } });
});

test('an Authorization header counts, and signs in nowhere', () => {
  const { servers, problems } = read({ url: URL, oauth: { clientId: 'c' }, headers: { authorization: 'x' } });
  expect(problems).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('"oauth" has no effect beside the Authorization header') },
  ]);
  expect(servers.get('it')?.link).toMatchObject({ oauth: undefined, headers: new Map([['authorization', 'x']]) });
});

test.each<[object, string]>([
  [{ command: 'x', oauth: {} }, '"oauth" is about HTTP servers'],
  [{ command: 'x', credentials: 'gateway' }, '"credentials" is about HTTP servers'],
  [{ url: URL, oauth: true }, '"oauth" must be an object'],
  [{ url: URL, credentials: 'mine' }, '"credentials" must be one of "gateway", "per-principal"'],
  [
    { url: URL, credentials: 'per-principal', headers: { Authorization: 'x' } },
    '"credentials" contradicts the Authorization header',
  ],
  [{ url: URL, credentials: 'per-principal', sharing: 'shared' }, '"sharing" contradicts "credentials"'],
  [{ url: URL, oauth: { clientId: '' } }, '"oauth.clientId" is empty'],
  [{ url: URL, oauth: { clientSecret: 's' } }, '"oauth.clientSecret" belongs to a client that is not named'],
  [{ url: URL, oauth: { privateKey: PEM } }, '"oauth.privateKey" belongs to a client that is not named'],
  [{ url: URL, oauth: { clientId: 'c', privateKey: 'x' } }, '"oauth.privateKey" is not a private key in PEM'],
  [{ url: URL, oauth: { scopes: 'read' } }, '"oauth.scopes" must be a list'],
  [{ url: URL, oauth: { scopes: ['read write'] } }, '"oauth.scopes[0]" is not a scope'],
  [{ url: URL, oauth: { redirectPort: 0 } }, '"oauth.redirectPort" is no port'],
  [{ url: URL, oauth: { redirectPort: 65_536 } }, '"oauth.redirectPort" is no port'],
  [{ url: URL, oauth: { callbackPort: 0 } }, '"oauth.callbackPort" is no port'],
  [{ url: URL, oauth: { redirectPort: 1, callbackPort: 2 } }, '"oauth.callbackPort" contradicts "redirectPort"'],
  [
    { url: URL, oauth: { clientMetadataUrl: 'http://example.com/c.json' } },
    '"oauth.clientMetadataUrl" is not an https',
  ],
  [{ url: URL, oauth: { clientMetadataUrl: 'https://example.com/' } }, '"oauth.clientMetadataUrl" is not an https'],
  [
    { url: URL, oauth: { clientId: 'c', tokenEndpointAuthMethod: 'private_key_jwt' } },
    '"oauth.tokenEndpointAuthMethod" needs a key',
  ],
  [
    { url: URL, oauth: { clientId: 'c', tokenEndpointAuthMethod: 'client_secret_basic' } },
    '"oauth.tokenEndpointAuthMethod" needs a secret',
  ],
  [{ url: URL, oauth: { grantType: 'client_credentials', clientId: 'c' } }, '"oauth.grantType" needs a client that'],
  [
    {
      url: URL,
      credentials: 'per-principal',
      oauth: { grantType: 'client_credentials', clientId: 'c', clientSecret: 's' },
    },
    '"credentials" contradicts "grantType"',
  ],
  [{ url: URL, oauth: { grantType: 'jwt_bearer' } }, '"oauth.grantType" needs a JWT to present'],
  [{ url: URL, oauth: { grantType: 'jwt_bearer', assertion: '' } }, '"oauth.assertion" is empty'],
  [
    { url: URL, oauth: { grantType: 'jwt_bearer', assertion: 'a', assertionFile: 'b' } },
    '"oauth.assertionFile" contradicts "assertion"',
  ],
  [{ url: URL, oauth: { assertionFile: 'b' } }, '"oauth.assertionFile" belongs to another "grantType"'],
  [
    { url: URL, oauth: { grantType: 'jwt_bearer', assertion: 'a', identityProvider: { issuer: 'x', clientId: 'c' } } },
    '"oauth.identityProvider" has an "issuer" that is not an http',
  ],
  [
    { url: URL, oauth: { grantType: 'jwt_bearer', assertion: 'a', identityProvider: { issuer: 'https://x.example' } } },
    '"oauth.identityProvider.clientId"',
  ],
  [
    { url: URL, credentials: 'per-principal', oauth: { grantType: 'jwt_bearer', assertion: 'a' } },
    '"credentials" contradicts "grantType"',
  ],
  [{ url: URL, oauth: { grantType: 'password' } }, '"oauth.grantType" must be one of'],
])('%j switches its server off', (entry, message) => {
  const { broken, problems } = read(entry);
  expect(broken.get('it')?.reason).toContain(message);
  expect(problems.every(({ fix }) => fix !== '')).toBe(true);
});
