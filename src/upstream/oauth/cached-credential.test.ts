import { describe, expect, it } from 'vitest';
import { CachedCredential, type CachedCredentialOptions } from './cached-credential.ts';
import type { Credential, RegisteredClient } from './credential.ts';
import { ISSUER, memoryStore, RESOURCE } from './testing.ts';

const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };
const OTHER = 'https://other.example.com';
const CLIENT: RegisteredClient = {
  id: 'client-1',
  secret: 'client-secret',
  authMethod: undefined,
  known: 'registered',
  redirectUri: undefined,
};

function credentialWith(access: string, more: Partial<Credential['tokens']> = {}): Credential {
  const tokens = { access, refresh: undefined, scope: undefined, obtainedAt: 1, expiresAt: undefined, ...more };
  return { indicator: RESOURCE, client: undefined, asked: undefined, tokens };
}

function setUp(options: Partial<CachedCredentialOptions> = {}) {
  const store = options.store ?? memoryStore();
  const errors: unknown[] = [];
  const secrets = new Map<string, readonly string[]>();
  const clock = { now: 1_000_000 };
  const cached = new CachedCredential({
    store,
    resource: RESOURCE,
    owner: '',
    now: () => clock.now,
    keepSecrets: (owner, values) => void secrets.set(owner, values),
    onUnreadable: (error) => void errors.push(error),
    ...options,
  });
  return { store, cached, errors, secrets, clock };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the cached credential', () => {
  it('is the newest one of its server and principal', async () => {
    const { store, cached } = setUp();
    expect([cached.isLoaded, cached.current]).toEqual([false, undefined]);
    await store.update(KEY, async () => credentialWith('new', { obtainedAt: 2 }));
    await store.update({ ...KEY, issuer: OTHER }, async () => credentialWith('old', { obtainedAt: 1 }));
    await store.update({ ...KEY, owner: 'bob' }, async () => credentialWith('of-bob', { obtainedAt: 3 }));
    await store.update({ ...KEY, resource: OTHER }, async () => credentialWith('of-other', { obtainedAt: 3 }));
    expect(await cached.load()).toMatchObject({ issuer: ISSUER, credential: { tokens: { access: 'new' } } });
    expect([cached.isLoaded, cached.tokens?.access]).toEqual([true, 'new']);
  });

  it('is read once for all who ask at the same time', async () => {
    const store = memoryStore();
    let lists = 0;
    const list = (): ReturnType<typeof store.list> => {
      lists++;
      return store.list();
    };
    const { cached } = setUp({ store: { ...store, list } });
    await Promise.all([cached.load(), cached.load(), cached.load()]);
    expect(lists).toBe(1);
    await cached.load();
    expect(lists).toBe(2);
  });

  it('is read again where it is old, not before', async () => {
    const { store, cached, clock } = setUp();
    await cached.save(ISSUER, credentialWith('first'));
    await store.update(KEY, async () => credentialWith('second'));
    clock.now += 15_000;
    cached.reloadWhenOld();
    await nextTurn();
    expect(cached.tokens?.access).toBe('first');
    clock.now += 1;
    cached.reloadWhenOld();
    await nextTurn();
    expect(cached.tokens?.access).toBe('second');
  });

  it('is none where the store cannot be read, and says so', async () => {
    const damaged = new Error('damaged');
    const { cached, errors } = setUp({ store: { ...memoryStore(), list: () => Promise.reject(damaged) } });
    await expect(cached.load()).rejects.toBe(damaged);
    expect([cached.isLoaded, errors]).toEqual([false, []]);
    await cached.loadIfReadable();
    expect([cached.isLoaded, cached.current, errors]).toEqual([true, undefined, [damaged]]);
  });

  it('replaces those of other authorization servers when it has tokens', async () => {
    const { store, cached } = setUp();
    await store.update({ ...KEY, issuer: OTHER }, async () => credentialWith('old'));
    await cached.save(ISSUER, { ...credentialWith('x'), tokens: undefined });
    expect(await store.list()).toHaveLength(2);
    await cached.save(ISSUER, credentialWith('new'));
    expect(await store.list()).toEqual([KEY]);
  });

  it('keeps its secrets before they are stored', async () => {
    const events: string[] = [];
    const memory = memoryStore();
    const store: typeof memory = {
      ...memory,
      update: (key, change) => memory.update(key, change).finally(() => events.push('stored')),
    };
    const { cached } = setUp({ store, keepSecrets: (_owner, values) => void events.push(...values) });
    await cached.save(ISSUER, credentialWith('a'));
    expect(events.slice(0, 2)).toEqual(['a', 'stored']);
    events.length = 0;
    await cached.update(ISSUER, async () => credentialWith('b', { refresh: 'r' }));
    expect(events.slice(0, 3)).toEqual(['b', 'r', 'stored']);
  });
});

describe('a change of the stored credential', () => {
  it('sees what is stored, and is used', async () => {
    const { store, cached } = setUp();
    await store.update(KEY, async () => credentialWith('theirs'));
    const outcome = await cached.update(ISSUER, async (stored) => {
      expect(stored?.tokens?.access).toBe('theirs');
      return credentialWith('ours');
    });
    expect([outcome?.tokens?.access, cached.tokens?.access]).toEqual(['ours', 'ours']);
  });

  it('that changes nothing uses what is stored', async () => {
    const { store, cached } = setUp();
    await store.update(KEY, async () => credentialWith('theirs'));
    await cached.update(ISSUER, async () => undefined);
    expect(cached.tokens?.access).toBe('theirs');
    await cached.update(OTHER, async () => undefined);
    expect(cached.current).toBeUndefined();
  });
});

describe('a registered client', () => {
  it('is stored beside tokens without a refresh token, and not where they have one', async () => {
    const { store, cached, secrets } = setUp();
    await cached.saveClient(ISSUER, RESOURCE, CLIENT);
    expect(await store.read(KEY)).toMatchObject({ client: { id: 'client-1' } });
    expect([...secrets.values()]).toEqual([['client-secret']]);
    await cached.save(ISSUER, credentialWith('a', { refresh: 'r' }));
    await cached.saveClient(ISSUER, RESOURCE, CLIENT);
    expect(await store.read(KEY)).toMatchObject({ client: undefined, tokens: { access: 'a' } });
  });

  it('is doubted and forgotten by its id', async () => {
    const { store, cached } = setUp();
    await cached.saveClient(ISSUER, RESOURCE, CLIENT);
    await cached.doubtClient(ISSUER, 'another');
    expect(await store.read(KEY)).not.toHaveProperty('client.isDoubtful');
    await cached.doubtClient(ISSUER, 'client-1');
    expect(await store.read(KEY)).toMatchObject({ client: { id: 'client-1', isDoubtful: true } });
    await cached.forgetClient(ISSUER, 'another');
    expect(await store.read(KEY)).toMatchObject({ client: { id: 'client-1' } });
    await cached.forgetClient(ISSUER, 'client-1');
    expect(await store.read(KEY)).toMatchObject({ indicator: RESOURCE, client: undefined });
  });
});
