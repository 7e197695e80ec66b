import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest } from './authorization-request.ts';
import { fakeServer, ISSUER, memoryStore, RESOURCE, type TokenManagerParts, tokenManagerFor } from './testing.ts';

const REDIRECT = 'http://127.0.0.1:5000/callback';
const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };

function setUp(parts: Omit<TokenManagerParts, 'fake' | 'store'> = {}) {
  const fake = fakeServer();
  const store = memoryStore();
  const tokenManager = tokenManagerFor({ ...parts, fake, store });
  return {
    fake,
    store,
    request: (redirectUri = REDIRECT) => createAuthorizationRequest(tokenManager, redirectUri, 'state-1'),
  };
}

describe('a request for an authorization', () => {
  it('is a link with its state and a challenge, and what the response is checked with', async () => {
    const { request } = setUp({ oauth: { scopes: ['read'] } });
    const { url, verifier, scope, redirectUri, client, discovery } = await request();
    const parameters = new URL(url).searchParams;
    expect(Object.fromEntries(parameters)).toMatchObject({ state: 'state-1', redirect_uri: REDIRECT, scope: 'read' });
    expect(parameters.get('code_challenge')).not.toBe(verifier);
    expect([scope, redirectUri, client.known, discovery.issuer]).toEqual(['read', REDIRECT, 'registered', ISSUER]);
  });

  it('doubts a client that was used before, and registers anew after that', async () => {
    const { fake, store, request } = setUp();
    const ids: string[] = [];
    for (let time = 0; time < 3; time++) ids.push((await request()).client.id);
    expect(ids).toEqual(['client-1', 'client-1', 'client-2']);
    expect(fake.registrations).toHaveLength(2);
    expect(await store.read(KEY)).not.toHaveProperty('client.isDoubtful');
  });

  it('stores no client of the entry', async () => {
    const { store, request } = setUp({ oauth: { clientId: 'own' } });
    expect((await request()).client).toMatchObject({ id: 'own', known: 'configured' });
    expect(await store.list()).toEqual([]);
  });
});
