import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest } from './authorization-request.ts';
import { completeAuthorization } from './authorization-response.ts';
import { fakeServer, ISSUER, json, memoryStore, RESOURCE, type TokenManagerParts, tokenManagerFor } from './testing.ts';

const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };

async function setUp(parts: Omit<TokenManagerParts, 'fake' | 'store'> = {}) {
  const fake = fakeServer();
  const store = memoryStore();
  const tokenManager = tokenManagerFor({ ...parts, fake, store });
  const request = await createAuthorizationRequest(tokenManager, 'http://127.0.0.1:5000/callback', 's');
  const complete = (response: Record<string, string>): Promise<void> =>
    completeAuthorization(request, new URLSearchParams(response));
  return { fake, store, complete };
}

describe('the response to an authorization request', () => {
  it('has a code that becomes stored tokens', async () => {
    const { fake, store, complete } = await setUp({ oauth: { scopes: ['read'] } });
    await complete({ code: 'c', iss: `${ISSUER}/` });
    expect(fake.grants.map((grant) => grant.get('code'))).toEqual(['c']);
    expect(await store.read(KEY)).toMatchObject({ asked: 'read', tokens: { access: 'access-1' } });
  });

  it.each(['unauthorized_client', 'invalid_client'])('forgets a client that is unknown (%s)', async (error) => {
    const { store, complete } = await setUp();
    await expect(complete({ error })).rejects.toThrow(`did not sign anybody in (${error})`);
    expect(await store.read(KEY)).toMatchObject({ client: undefined });
  });

  it.each(['access_denied', 'server_error'])(
    'keeps the client where it is about something else (%s)',
    async (error) => {
      const { store, complete } = await setUp();
      await expect(complete({ error })).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
      expect(await store.read(KEY)).toMatchObject({ client: { id: 'client-1' } });
    },
  );

  it.each<[string, object, string, RegExp]>([
    ['the code', {}, 'invalid_grant', /refused the code \(invalid_grant\)\. Ask for a new link\.$/],
    [
      'the registered client',
      {},
      'invalid_client',
      /refused the client that the gateway registered .* Ask for a new link/,
    ],
    [
      'the client of the entry',
      { clientId: 'own' },
      'invalid_client',
      /refused the client of its entry .* Correct "oauth"/,
    ],
  ])('says what to do where %s is refused', async (_what, oauth, error, message) => {
    const { fake, complete } = await setUp({ oauth });
    fake.answer = () => json({ error }, 400);
    await expect(complete({ code: 'c' })).rejects.toMatchObject({
      code: 'AUTH_REQUIRED',
      message: expect.stringMatching(message),
    });
  });
});
