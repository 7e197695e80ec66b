import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import { memoryLog } from '../testing.ts';
import { AuthorizationServerResolver } from './authorization-server-resolver.ts';
import { CachedCredential } from './cached-credential.ts';
import type { RegisteredClient, Tokens } from './credential.ts';
import { LastChallenge } from './last-challenge.ts';
import { fakeServer, ISSUER, json, memoryStore, NO_OAUTH, RESOURCE } from './testing.ts';
import { TokenRenewal } from './token-renewal.ts';

const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };
const START = 1_800_000_000_000;
const HOUR = 3_600_000;
const CLIENT: RegisteredClient = {
  id: 'client',
  secret: undefined,
  authMethod: undefined,
  known: 'registered',
  redirectUri: undefined,
};
const MACHINE = { ...NO_OAUTH, clientId: 'machine', clientSecret: 'secret', grantType: 'client_credentials' } as const;

const tokensWith = (more: Partial<Tokens> = {}): Tokens => ({
  access: 'access-0',
  refresh: 'refresh-0',
  scope: undefined,
  obtainedAt: START,
  expiresAt: START + HOUR,
  ...more,
});

async function setUp(oauth: typeof MACHINE | undefined = undefined, tokens: Tokens | 'none' = tokensWith()) {
  const clock = { now: START };
  const now = (): number => clock.now;
  const fake = fakeServer();
  const log = memoryLog();
  const store = memoryStore();
  const ignore = (): void => undefined;
  const credential = new CachedCredential({
    store,
    resource: RESOURCE,
    owner: '',
    now,
    keepSecrets: ignore,
    onUnreadable: ignore,
  });
  const challenge = new LastChallenge('mcp', oauth?.scopes);
  const common = { server: 'mcp', oauth, credential, challenge, log, now };
  const resolver = new AuthorizationServerResolver({
    ...common,
    resource: RESOURCE,
    fetch: fake.fetch,
    others: async () => [],
    elsewhere: () => new Set(),
  });
  if (tokens !== 'none') {
    await credential.save(ISSUER, { indicator: RESOURCE, client: CLIENT, asked: 'read', tokens });
  }
  return { clock, fake, log, store, credential, challenge, renewal: new TokenRenewal({ ...common, resolver }) };
}

describe('a token is due for renewal', () => {
  it.each<[string, Partial<Tokens>, number, boolean]>([
    ['a minute before its end', {}, HOUR - 60_000, true],
    ['not earlier', {}, HOUR - 60_001, false],
    ['a tenth of a short life before its end', { expiresAt: START + 20_000 }, 18_000, true],
    ['not earlier in a short life', { expiresAt: START + 20_000 }, 17_999, false],
    ['a second after it was given at the earliest', { expiresAt: START + 500 }, 999, false],
    ['a second after it was given, however short its life', { expiresAt: START + 500 }, 1000, true],
    ['never without an end', { expiresAt: undefined }, 100 * HOUR, false],
    ['never without a refresh token', { refresh: undefined }, 2 * HOUR, false],
  ])('%s', async (_when, more, after, expected) => {
    const { clock, renewal } = await setUp();
    clock.now = START + after;
    expect(renewal.isDue(tokensWith(more))).toBe(expected);
  });

  it('without a refresh token, where the gateway signs in for itself', async () => {
    const { clock, renewal } = await setUp(MACHINE);
    clock.now = START + HOUR;
    expect(renewal.isMachine).toBe(true);
    expect(renewal.isDue(tokensWith({ refresh: undefined }))).toBe(true);
  });

  it('not for ten seconds after that failed, and at once where the clock was set back', async () => {
    const { clock, fake, log, renewal } = await setUp();
    fake.answer = () => json({}, 503);
    clock.now = START + HOUR - 30_000;
    await renewal.renewAhead(tokensWith());
    expect(log.lines.map(({ message }) => message)).toEqual(['a token could not be renewed ahead of time']);
    clock.now += 9999;
    expect(renewal.isDue(tokensWith())).toBe(false);
    clock.now += 1;
    expect(renewal.isDue(tokensWith())).toBe(true);
    clock.now -= 20_000;
    expect(renewal.isDue(tokensWith({ expiresAt: clock.now }))).toBe(true);
  });
});

describe('a renewal', () => {
  it('happens once for all who need it', async () => {
    const { fake, credential, renewal } = await setUp();
    await Promise.all([renewal.renew('access-0'), renewal.renew('access-0'), renewal.renewAhead(tokensWith())]);
    expect(fake.grants.map((grant) => grant.get('refresh_token'))).toEqual(['refresh-0']);
    expect(credential.tokens?.access).toBe('access-1');
  });

  it('uses what another process has stored', async () => {
    const { fake, store, credential, renewal } = await setUp();
    await store.update(KEY, async () => ({ indicator: RESOURCE, tokens: tokensWith({ access: 'theirs' }) }));
    await renewal.renew('access-0');
    expect(credential.tokens?.access).toBe('theirs');
    expect(fake.requests).toEqual([]);
  });

  it('asks for a sign-in where there is no token, and takes one that was stored meanwhile', async () => {
    const { store, credential, renewal } = await setUp(undefined, 'none');
    await expect(renewal.renew(undefined)).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    await store.update(KEY, async () => ({ indicator: RESOURCE, tokens: tokensWith() }));
    await renewal.renew(undefined);
    expect(credential.tokens?.access).toBe('access-0');
  });

  it('asks for a sign-in where there is no refresh token', async () => {
    const { fake, renewal } = await setUp(undefined, tokensWith({ refresh: undefined }));
    await expect(renewal.renew('access-0')).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(fake.requests).toEqual([]);
  });

  it.each([
    ['the token', 'invalid_grant', { tokens: { refresh: undefined }, client: { id: 'client' } }],
    ['the client', 'invalid_client', { tokens: { refresh: 'refresh-0' }, client: undefined }],
    ['the request', 'invalid_request', { tokens: { refresh: 'refresh-0' }, client: { id: 'client' } }],
  ])('that is refused for %s keeps the rest', async (_what, error, expected) => {
    const { fake, log, store, renewal } = await setUp();
    fake.answer = () => json({ error }, 400);
    await expect(renewal.renew('access-0')).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(await store.read(KEY)).toMatchObject(expected);
    expect(log.lines.map(({ message }) => message)).toEqual(['the sign-in to a server is over']);
  });

  it('can be tried again after it failed', async () => {
    const { fake, credential, renewal } = await setUp();
    fake.answer = () => json({}, 500);
    await expect(renewal.renew('access-0')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    fake.answer = undefined;
    await renewal.renew('access-0');
    expect(credential.tokens?.refresh).toBe('refresh-1');
  });
});

describe('a machine', () => {
  it('asks with its own credentials for all scopes', async () => {
    const { fake, store, challenge, renewal } = await setUp(MACHINE);
    challenge.replace({ resourceMetadata: undefined, scope: 'write', error: undefined });
    await renewal.renew(undefined);
    expect(fake.grants.map((grant) => [grant.get('grant_type'), grant.get('scope')])).toEqual([
      ['client_credentials', 'read write'],
    ]);
    expect(await store.read(KEY)).toMatchObject({ asked: 'read write', client: undefined });
  });

  it('shows its credentials to one authorization server alone', async () => {
    const { fake, renewal } = await setUp(MACHINE);
    fake.resource = { authorization_servers: ['https://other.example.com'] };
    await expect(renewal.renew(undefined)).rejects.toThrow('names another authorization server than before');
    expect(fake.grants).toEqual([]);
  });

  it('that is refused sends its owner to the entry', async () => {
    const { fake, renewal } = await setUp(MACHINE);
    fake.answer = () => json({ error: 'invalid_client' }, 401);
    const refused = renewal.renew(undefined);
    await expect(refused).rejects.toBeInstanceOf(GatewayError);
    await expect(refused).rejects.toThrow('correct "oauth" in the servers file');
  });
});
