import { expect, test } from 'vitest';
import type { CredentialStore } from './credential-contract.ts';
import { RefusedRedirect } from './guarded-fetch.ts';
import { fakeServer, ISSUER, json, memoryStore, POST, RESOURCE, tokenManagerFor } from './testing.ts';
import type { TokenManager } from './token-manager.ts';

const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };
const CLIENT = { id: 'client', known: 'registered', redirectUri: 'http://127.0.0.1:1/callback' };
const START = 1_800_000_000_000;
const HOUR = 3_600_000;

async function signedIn(tokens: object = {}, more: object = {}): Promise<CredentialStore> {
  const store = memoryStore();
  const good = { access: 'access-0', refresh: 'refresh-0', obtainedAt: START, expiresAt: START + HOUR };
  await store.update(KEY, async () => ({
    indicator: RESOURCE,
    client: CLIENT,
    asked: 'read',
    tokens: { ...good, ...tokens },
    ...more,
  }));
  return store;
}

const headers = async (tokenManager: TokenManager): Promise<string | undefined> =>
  (await tokenManager.headers(POST, new URL(RESOURCE)))?.['authorization'];

/** A request with what the token manager gives, which the server refuses. */
const refuse = async (
  tokenManager: TokenManager,
  status = 401,
  challenge: string | undefined = 'Bearer',
): Promise<boolean> => refuseSent(tokenManager, await headers(tokenManager), status, challenge);

const refuseSent = (
  tokenManager: TokenManager,
  authorization: string | undefined,
  status = 401,
  challenge: string | undefined = 'Bearer',
): Promise<boolean> => tokenManager.handleRefusal({ authorization }, { status, challenge, attempts: 1 });

test('without a sign-in requests carry nothing, and a refusal asks for one', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake });
  expect(await headers(tokenManager)).toBeUndefined();
  await expect(refuse(tokenManager)).rejects.toMatchObject({
    code: 'AUTH_REQUIRED',
    message: expect.stringContaining('auth login mcp'),
    data: { server: 'mcp' },
  });
  expect(fake.requests).toEqual([]);
});

test('a refusal that signing in cannot help with is passed on', async () => {
  const tokenManager = tokenManagerFor({ fake: fakeServer() });
  expect(await refuse(tokenManager, 401, 'Basic realm="x"')).toBe(false);
  expect(await refuse(tokenManager, 403, 'Bearer error="access_denied"')).toBe(false);
});

test('a token is renewed before it ends, once for all who need it', async () => {
  const fake = fakeServer();
  let now = START;
  const store = await signedIn();
  const tokenManager = tokenManagerFor({ fake, store, now: () => now });
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  now = START + HOUR - 61_000;
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  now = START + HOUR - 59_000;
  const all = await Promise.all(Array.from({ length: 100 }, () => headers(tokenManager)));
  expect(new Set(all)).toEqual(new Set(['Bearer access-1']));
  expect(fake.grants.map(String)).toEqual([
    `grant_type=refresh_token&refresh_token=refresh-0&resource=${encodeURIComponent(RESOURCE)}&client_id=client`,
  ]);
  expect(await store.read(KEY)).toMatchObject({
    client: CLIENT,
    asked: 'read',
    tokens: { access: 'access-1', refresh: 'refresh-1', expiresAt: now + HOUR },
  });
});

test('a token that lives shortly is not renewed all the time', async () => {
  const fake = fakeServer();
  const store = await signedIn({ expiresAt: START + 20_000 });
  let now = START + 17_000;
  const tokenManager = tokenManagerFor({ fake, store, now: () => now });
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  now = START + 18_500;
  expect(await headers(tokenManager)).toBe('Bearer access-1');
});

test('100 refusals at the same time lead to one renewal, those of the past to none', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => START });
  const old = await headers(tokenManager);
  const again = await Promise.all(Array.from({ length: 100 }, () => refuseSent(tokenManager, old)));
  expect(again.every((answer) => answer)).toBe(true);
  expect(await refuseSent(tokenManager, old)).toBe(true);
  expect(fake.grants).toHaveLength(1);
  expect(await headers(tokenManager)).toBe('Bearer access-1');
});

test('two gateways with one store spend a refresh token once', async () => {
  const fake = fakeServer();
  const store = await signedIn();
  const tokenManagers = [1, 2, 3].map(() => tokenManagerFor({ fake, store, now: () => START }));
  const olds = await Promise.all(tokenManagers.map(headers));
  await Promise.all(tokenManagers.map((tokenManager, at) => refuseSent(tokenManager, olds[at])));
  expect(fake.grants).toHaveLength(1);
  expect(await Promise.all(tokenManagers.map(headers))).toEqual(Array(3).fill('Bearer access-1'));
});

test('a refresh token that is refused ends in AUTH_REQUIRED, and is not tried again', async () => {
  const fake = fakeServer();
  const store = await signedIn();
  const tokenManager = tokenManagerFor({ fake, store, now: () => START });
  fake.answer = () => json({ error: 'invalid_grant' }, 400);
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(fake.grants).toHaveLength(1);
  expect(await store.read(KEY)).toMatchObject({ client: CLIENT });
});

test.each([
  ['HTTP 500', () => json({ error: 'invalid_grant' }, 500)],
  ['HTTP 503 without JSON', () => new Response('busy', { status: 503 })],
  ['HTTP 429', () => json({ error: 'slow_down' }, 429)],
  ['HTTP 408', () => new Response('', { status: 408 })],
  ['a word that it is out of order', () => json({ error: 'temporarily_unavailable' }, 400)],
])('%s wipes nothing, and asks nobody to sign in', (_name, answer) => wipesNothing(answer, 'SERVER_UNAVAILABLE'));

test.each([
  ['invalid_request', () => json({ error: 'invalid_request' }, 400)],
  ['invalid_target', () => json({ error: 'invalid_target' }, 400)],
  ['a token that is refused in other words', () => json({ error: 'invalid_token' }, 401)],
  ['access_denied', () => json({ error: 'access_denied' }, 403)],
  ['JSON of its own', () => json({ code: 'refresh_token_not_found', message: 'Invalid Refresh Token' }, 400)],
  ['200 and an error', () => json({ error: 'bad_refresh_token' })],
  ['200 and nothing', () => json({})],
  ['200 and a page', () => new Response('<html>')],
  ['a page', () => new Response('<html>', { status: 404 })],
  ['JSON that is no object', () => json([])],
  ['a token that is null', () => json({ access_token: null, token_type: 'Bearer' })],
  [
    'a redirect to a page for people',
    () => {
      throw new RefusedRedirect(new URL('/login', ISSUER), new URL(ISSUER));
    },
  ],
])('a renewal that is refused with %s asks for a sign-in, and wipes nothing', (_name, answer) =>
  wipesNothing(answer, 'AUTH_REQUIRED'),
);

async function wipesNothing(answer: () => Response, code: string): Promise<void> {
  const fake = fakeServer();
  let now = START;
  const store = await signedIn();
  const before = await store.read(KEY);
  const tokenManager = tokenManagerFor({ fake, store, now: () => now });
  fake.answer = answer;
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code });
  expect(await store.read(KEY)).toEqual(before);
  // Ahead of time the token in hand is used on, without a try at every request.
  now = START + HOUR - 30_000;
  const tries = fake.grants.length;
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  expect(fake.grants).toHaveLength(tries + 1);
  fake.answer = undefined;
  expect(await refuse(tokenManager)).toBe(true);
}

test('a clock that is set forward or back leads to one renewal at most, and to none in a row', async () => {
  const fake = fakeServer();
  let now = START;
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => now });
  const YEAR = 365 * 24 * HOUR;
  for (const jump of [YEAR, -YEAR - 2 * HOUR, 2 * HOUR]) {
    now += jump;
    const before = fake.grants.length;
    for (let call = 0; call < 5; call++) await headers(tokenManager);
    expect(fake.grants.length - before).toBeLessThanOrEqual(1);
  }
});

test('a token whose end is not after its beginning is not renewed before every call', async () => {
  const fake = fakeServer();
  let now = START;
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => now });
  fake.answer = () => json({ access_token: 'short', refresh_token: 'r', token_type: 'Bearer', expires_in: 0 });
  expect(await refuse(tokenManager)).toBe(true);
  const before = fake.grants.length;
  for (let call = 0; call < 5; call++) {
    now += 2000;
    expect(await headers(tokenManager)).toBe('Bearer short');
  }
  expect(fake.grants).toHaveLength(before);
});

test('a refused registration is forgotten, the token is not', async () => {
  const fake = fakeServer();
  const store = await signedIn();
  const tokenManager = tokenManagerFor({ fake, store, now: () => START });
  fake.answer = () => json({ error: 'invalid_client' }, 401);
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(await store.read(KEY)).toMatchObject({ tokens: { access: 'access-0', refresh: 'refresh-0' } });
  expect(await store.read(KEY)).not.toHaveProperty('client', CLIENT);
});

test('what another process signed in or renewed is used', async () => {
  const fake = fakeServer();
  const store = await signedIn();
  const tokenManager = tokenManagerFor({ fake, store, now: () => START });
  const old = await headers(tokenManager);
  await store.update(KEY, async () => ({
    indicator: RESOURCE,
    client: CLIENT,
    tokens: { access: 'other', obtainedAt: START },
  }));
  expect(await refuseSent(tokenManager, old)).toBe(true);
  expect(await headers(tokenManager)).toBe('Bearer other');
  expect(fake.grants).toHaveLength(0);
});

test('what was ended by its owner is not used for long', async () => {
  let now = START;
  const store = await signedIn();
  const tokenManager = tokenManagerFor({ fake: fakeServer(), store, now: () => now });
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  await store.remove(KEY);
  now += 20_000;
  await headers(tokenManager);
  await tokenManager.credential.load();
  expect(await headers(tokenManager)).toBeUndefined();
});

test('nothing of one authorization server goes to another one', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => START });
  fake.resource = { authorization_servers: ['https://other.example.com'] };
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(fake.grants).toEqual([]);
});

test('a clock that jumps costs a renewal, not a sign-in', async () => {
  const fake = fakeServer();
  let now = START;
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => now });
  expect(await headers(tokenManager)).toBe('Bearer access-0');
  now = START + 24 * HOUR;
  expect(await headers(tokenManager)).toBe('Bearer access-1');
  now = START - 24 * HOUR;
  expect(await headers(tokenManager)).toBe('Bearer access-1');
  expect(await refuse(tokenManager)).toBe(true);
  expect(await headers(tokenManager)).toBe('Bearer access-2');
});

test('more scopes need another sign-in once, and are not asked for twice', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => START });
  const more = 'Bearer error="insufficient_scope", scope="write"';
  await expect(refuse(tokenManager, 403, more)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(tokenManager.scopeFor(ISSUER)).toBe('read write');
  expect(await refuse(tokenManager, 403, 'Bearer error="insufficient_scope", scope="read"')).toBe(false);
});

test('a machine gets its token itself, and more scopes too', async () => {
  const fake = fakeServer();
  const oauth = { clientId: 'machine', clientSecret: 'very-secret', grantType: 'client_credentials' } as const;
  const tokenManager = tokenManagerFor({ fake, oauth, now: () => START });
  expect(await refuse(tokenManager, 401, 'Bearer scope="read"')).toBe(true);
  expect(await headers(tokenManager)).toBe('Bearer access-1');
  expect(await refuse(tokenManager, 403, 'Bearer error="insufficient_scope", scope="write"')).toBe(true);
  expect(fake.grants.map((grant) => [grant.get('grant_type'), grant.get('scope')])).toEqual([
    ['client_credentials', 'read'],
    ['client_credentials', 'read write'],
  ]);
  fake.resource = { authorization_servers: ['https://other.example.com'] };
  await expect(refuse(tokenManager)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
  expect(fake.grants).toHaveLength(2);
});

test('a token that the server refuses right away is not renewed again and again', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake, store: await signedIn(), now: () => START });
  expect(await refuse(tokenManager)).toBe(true);
  const authorization = await headers(tokenManager);
  const sent = { authorization };
  await expect(
    tokenManager.handleRefusal(sent, { status: 401, challenge: 'Bearer', attempts: 2 }),
  ).rejects.toMatchObject({
    code: 'AUTH_REQUIRED',
  });
  expect(fake.grants).toHaveLength(1);
});

test('tokens are known as secrets before they are used', async () => {
  const fake = fakeServer();
  const known = new Set<string>();
  const tokenManager = tokenManagerFor({
    fake,
    store: await signedIn(),
    now: () => START,
    keepSecrets: (_owner, values) => {
      for (const value of values) known.add(value);
    },
  });
  await headers(tokenManager);
  expect([...known]).toEqual(['access-0', 'refresh-0']);
  await refuse(tokenManager);
  expect([...known]).toEqual(['access-0', 'refresh-0', 'access-1', 'refresh-1']);
});

test('a store that cannot be read stops only servers that want a sign-in', async () => {
  const store = { ...memoryStore(), list: () => Promise.reject(new Error('damaged')) };
  const tokenManager = tokenManagerFor({ fake: fakeServer(), store });
  expect(await headers(tokenManager)).toBeUndefined();
  await expect(refuse(tokenManager)).rejects.toThrow('damaged');
});
