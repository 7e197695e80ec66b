import { expect, test } from 'vitest';
import { AuthorizationFlows } from './authorization-flow.ts';
import { fakeServer, ISSUER, json, memoryStore, POST, RESOURCE, tokenManagerFor } from './testing.ts';

const REDIRECT = 'http://127.0.0.1:5000/callback';
const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };

function setup(parts: Parameters<typeof tokenManagerFor>[0] = { fake: fakeServer() }) {
  const store = parts.store ?? memoryStore();
  const tokenManager = tokenManagerFor({ ...parts, store });
  return { fake: parts.fake, store, tokenManager, flows: new AuthorizationFlows() };
}

const answerTo = (url: string, more: Readonly<Record<string, string>> = { code: 'code-1' }): URLSearchParams =>
  new URLSearchParams({ state: new URL(url).searchParams.get('state') ?? '', ...more });

test('registers, asks for a code with PKCE and the resource, and redeems it once', async () => {
  const { fake, store, tokenManager, flows } = setup();
  fake.resource = { scopes_supported: ['read', 'write'] };
  const { url, done } = await flows.begin(tokenManager, REDIRECT);
  const asked = Object.fromEntries(new URL(url).searchParams);
  expect(asked).toMatchObject({
    response_type: 'code',
    client_id: 'client-1',
    code_challenge_method: 'S256',
    redirect_uri: REDIRECT,
    resource: RESOURCE,
    scope: 'read write',
  });
  expect(fake.registrations).toEqual([
    expect.objectContaining({
      application_type: 'native',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    }),
  ]);
  expect(await flows.finish(answerTo(url), REDIRECT)).toBe('mcp');
  await done;
  const [grant] = fake.grants;
  expect(Object.fromEntries(grant ?? [])).toMatchObject({
    grant_type: 'authorization_code',
    code: 'code-1',
    redirect_uri: REDIRECT,
    resource: RESOURCE,
    client_id: 'client-1',
    code_verifier: expect.stringMatching(/^[\w~.-]{43,128}$/),
  });
  expect(await tokenManager.headers(POST, new URL(RESOURCE))).toEqual({ authorization: 'Bearer access-1' });
  expect(await store.read(KEY)).toMatchObject({ asked: 'read write', tokens: { refresh: 'refresh-1' } });
  await expect(flows.finish(answerTo(url), REDIRECT)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(fake.grants).toHaveLength(1);
});

test('the client of the last sign-in is used again at the same address, and registered anew at another one', async () => {
  const { fake, tokenManager, flows } = setup();
  await flows.begin(tokenManager, REDIRECT);
  await flows.begin(tokenManager, REDIRECT);
  expect(fake.registrations).toHaveLength(1);
  await flows.begin(tokenManager, 'http://127.0.0.1:5001/callback');
  expect(fake.registrations).toHaveLength(2);
});

test('a sign-in that nobody finishes leaves the one before as it is', async () => {
  const { fake, store, tokenManager, flows } = setup();
  await flows.finish(answerTo((await flows.begin(tokenManager, REDIRECT)).url), REDIRECT);
  const before = await store.read(KEY);
  await flows.begin(tokenManager, 'http://127.0.0.1:5001/callback');
  expect(fake.registrations).toHaveLength(2);
  expect(await store.read(KEY)).toEqual(before);
});

test('a client of the entry goes before a document, and that before a registration', async () => {
  const document = 'https://example.com/client.json';
  const clientIdOf = async (oauth: object, metadata: object): Promise<string | null> => {
    const { fake, tokenManager, flows } = setup({ fake: fakeServer(), oauth });
    fake.metadata = { ...metadata };
    return new URL((await flows.begin(tokenManager, REDIRECT)).url).searchParams.get('client_id');
  };
  const takesDocuments = { client_id_metadata_document_supported: true };
  expect(await clientIdOf({ clientId: 'own', clientMetadataUrl: document }, takesDocuments)).toBe('own');
  expect(await clientIdOf({ clientMetadataUrl: document }, takesDocuments)).toBe(document);
  expect(await clientIdOf({ clientMetadataUrl: document }, {})).toBe('client-1');
});

test.each([
  ['the issuer of another one', { code: 'c', iss: 'https://evil.example.com' }, {}],
  [
    'its own issuer with a slash, where one is promised',
    { code: 'c', iss: `${ISSUER}/` },
    { authorization_response_iss_parameter_supported: true },
  ],
  ['no issuer, where one is promised', { code: 'c' }, { authorization_response_iss_parameter_supported: true }],
  ['an error of another issuer', { error: 'access_denied', iss: 'https://evil.example.com' }, {}],
])('an answer with %s is thrown away (RFC 9207)', async (_name, more, metadata) => {
  const { fake, tokenManager, flows } = setup();
  fake.metadata = metadata;
  const { url, done } = await flows.begin(tokenManager, REDIRECT);
  const finished = flows.finish(answerTo(url, more), REDIRECT);
  await expect(finished).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  await expect(finished).rejects.not.toMatchObject({ message: expect.stringContaining('access_denied') });
  await expect(done).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  expect(fake.grants).toEqual([]);
});

test('its own issuer is taken', async () => {
  const { fake, tokenManager, flows } = setup();
  fake.metadata = { authorization_response_iss_parameter_supported: true };
  const { url } = await flows.begin(tokenManager, REDIRECT);
  expect(await flows.finish(answerTo(url, { code: 'c', iss: ISSUER }), REDIRECT)).toBe('mcp');
});

test('a person who says no is told so, and nothing of the answer is shown that is no code', async () => {
  const { tokenManager, flows } = setup();
  const first = await flows.begin(tokenManager, REDIRECT);
  await expect(flows.finish(answerTo(first.url, { error: 'access_denied' }), REDIRECT)).rejects.toMatchObject({
    code: 'AUTH_REQUIRED',
    message: expect.stringContaining('(access_denied)'),
  });
  const second = await flows.begin(tokenManager, REDIRECT);
  const ended = flows.finish(answerTo(second.url, { error: '<script>alert(1)</script>' }), REDIRECT);
  await expect(ended).rejects.toMatchObject({ message: expect.not.stringContaining('<') });
});

test('an answer counts only at the address that it was asked for', async () => {
  const { fake, tokenManager, flows } = setup();
  const { url } = await flows.begin(tokenManager, REDIRECT);
  const other = flows.finish(answerTo(url), 'https://gateway.example.com/oauth/callback');
  await expect(other).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(fake.grants).toEqual([]);
  expect(await flows.finish(answerTo(url), REDIRECT)).toBe('mcp');
});

test('a code that is refused ends the sign-in', async () => {
  const { fake, tokenManager, flows } = setup();
  fake.answer = () => json({ error: 'invalid_grant' }, 400);
  const { url } = await flows.begin(tokenManager, REDIRECT);
  await expect(flows.finish(answerTo(url), REDIRECT)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(flows.find(tokenManager, REDIRECT)).toBeUndefined();
});

test('the sign-in under way is found again, but not for more than it gives', async () => {
  const { tokenManager, flows } = setup();
  const sent = { authorization: undefined };
  const refuse = (status: number, challenge: string) =>
    tokenManager.handleRefusal(sent, { status, challenge, attempts: 1 }).catch(() => undefined);
  await refuse(401, 'Bearer scope="read"');
  const { url } = await flows.begin(tokenManager, REDIRECT);
  expect(flows.find(tokenManager, undefined)?.url).toBe(url);
  await refuse(403, 'Bearer error="insufficient_scope", scope="write"');
  expect(flows.find(tokenManager, undefined)).toBeUndefined();
});

test.each<[string, { metadata?: object; resource?: object }, RegExp]>([
  ['without PKCE', { metadata: { code_challenge_methods_supported: undefined } }, /no PKCE/],
  ['with plain PKCE alone', { metadata: { code_challenge_methods_supported: ['plain'] } }, /no PKCE/],
  ['that says it is another one', { metadata: { issuer: 'https://honest.example.com' } }, /is not trusted/],
  ['that registers nobody', { metadata: { registration_endpoint: undefined } }, /registers no clients by itself/],
  [
    'whose page is no page',
    { metadata: { authorization_endpoint: 'http://auth.example.com/' } },
    /not an https address/,
  ],
  ['of another resource', { resource: { resource: 'https://other.example.com/mcp' } }, /another resource/],
])('nobody signs in to an authorization server %s', async (_name, { metadata = {}, resource = {} }, message) => {
  const { fake, tokenManager, flows } = setup();
  fake.metadata = { ...metadata };
  fake.resource = { ...resource };
  await expect(flows.begin(tokenManager, REDIRECT)).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: expect.stringMatching(message),
  });
});

test('the issuer of the entry is the only one', async () => {
  const { fake, tokenManager, flows } = setup({ fake: fakeServer(), oauth: { issuer: 'https://id.example.com' } });
  await expect(flows.begin(tokenManager, REDIRECT)).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  expect(fake.registrations).toEqual([]);
});

test('a client of the entry is not shown to another authorization server than before', async () => {
  const { fake, tokenManager, flows } = setup({
    fake: fakeServer(),
    oauth: { clientId: 'own', clientSecret: 'secret-1' },
  });
  const { url } = await flows.begin(tokenManager, REDIRECT);
  await flows.finish(answerTo(url), REDIRECT);
  fake.resource = { authorization_servers: ['https://other.example.com'] };
  await expect(flows.begin(tokenManager, REDIRECT)).rejects.toMatchObject({
    message: expect.stringContaining('auth logout mcp'),
  });
});

test('a registered client is registered anew at another authorization server, and the old sign-in is forgotten', async () => {
  const { fake, store, tokenManager, flows } = setup();
  await flows.finish(answerTo((await flows.begin(tokenManager, REDIRECT)).url), REDIRECT);
  fake.resource = { authorization_servers: ['https://other.example.com'] };
  await flows.finish(answerTo((await flows.begin(tokenManager, REDIRECT)).url), REDIRECT);
  expect(fake.registrations).toHaveLength(2);
  expect((await store.list()).map(({ issuer }) => issuer)).toEqual(['https://other.example.com']);
});

test('what the authorization server offers for staying signed in is asked for', async () => {
  const { fake, tokenManager, flows } = setup({ fake: fakeServer(), oauth: { scopes: ['read'] } });
  fake.metadata = { scopes_supported: ['read', 'offline_access'] };
  const { searchParams } = new URL((await flows.begin(tokenManager, REDIRECT)).url);
  expect(searchParams.get('scope')).toBe('read offline_access');
  expect(searchParams.get('prompt')).toBe('consent');
});
