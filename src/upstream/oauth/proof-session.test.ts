import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { AuthorizationFlows } from './authorization-flow.ts';
import { ProofSession } from './proof-session.ts';
import { fakeServer, ISSUER, json, memoryStore, POST, RESOURCE, tokenManagerFor } from './testing.ts';
import type { TokenManager } from './token-manager.ts';

const SERVER = new URL(`${RESOURCE}?a=1`);
const KEY = { issuer: ISSUER, resource: RESOURCE, owner: '' };
const OFFERED = { dpop_signing_alg_values_supported: ['ES256'] };
const REDIRECT = 'http://127.0.0.1:1/callback';
const DPOP = { status: 401, challenge: 'DPoP', attempts: 1 };

/** A proof whose signature is that of the key in it. */
async function verified(proof: string | undefined) {
  const { jwk, ...header } = decodeProtectedHeader(proof ?? '');
  const { payload } = await jwtVerify(proof ?? '', await importJWK(jwk as JWK, 'ES256'));
  return { jwk, header, payload };
}

/** An authorization server that binds tokens, and a manager of a server that asks for that. */
async function bound(challenge = 'DPoP') {
  const fake = fakeServer();
  fake.metadata = OFFERED;
  let count = 0;
  fake.answer = () => {
    const type = fake.proofs.at(-1) === undefined ? 'Bearer' : 'DPoP';
    return json({
      access_token: `access-${++count}`,
      refresh_token: `refresh-${count}`,
      token_type: type,
      expires_in: 60,
    });
  };
  const store = memoryStore();
  const clock = { now: Date.now() };
  const manager = tokenManagerFor({ fake, store, now: () => clock.now });
  await manager.handleRefusal({ authorization: undefined }, { ...DPOP, challenge }).catch(() => undefined);
  return { fake, store, manager, clock };
}

async function signIn(manager: TokenManager): Promise<URL> {
  const flows = new AuthorizationFlows();
  const { url } = await flows.begin(manager, REDIRECT);
  await flows.finish(new URLSearchParams({ state: new URL(url).searchParams.get('state') ?? '', code: 'c' }));
  return new URL(url);
}

test('a proof is of one request: its method, address, body and token', async () => {
  const session = await ProofSession.begin();
  const { authorization, dpop } = (await session.headers('token', POST, SERVER)) ?? {};
  expect(authorization).toBe('DPoP token');
  const { jwk, header, payload } = await verified(dpop);
  expect(header).toEqual({ alg: 'ES256', typ: 'dpop+jwt' });
  expect(Object.keys(jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y']);
  expect(payload).toEqual({
    htm: 'POST',
    htu: RESOURCE,
    ath: createHash('sha256').update('token').digest('base64url'),
    content_digest: `sha-256=:${createHash('sha256').update(POST.body).digest('base64')}:`,
    jti: expect.any(String),
    iat: expect.any(Number),
  });
  const again = await session.headers('token', { method: 'GET', path: '/other' }, SERVER);
  expect(decodeJwt(again?.['dpop'] ?? '')).toMatchObject({ htm: 'GET', htu: 'https://mcp.example.com/other' });
  expect(decodeJwt(again?.['dpop'] ?? '')).not.toHaveProperty('content_digest');
  expect(decodeJwt(again?.['dpop'] ?? '').jti).not.toBe(payload.jti);
});

test('a key that was stored signs as before', async () => {
  const first = await ProofSession.begin();
  const again = await ProofSession.resume(JSON.parse(JSON.stringify(first.key)));
  expect(again.dpop.thumbprint).toBe(first.dpop.thumbprint);
  await verified((await again.headers('token', POST, SERVER))?.['dpop']);
});

test('tokens are bound where the server asks for it, also after a renewal and in another process', async () => {
  const { fake, store, manager, clock } = await bound();
  const page = await signIn(manager);
  const first = await manager.headers(POST, SERVER);
  expect(first?.['authorization']).toBe('DPoP access-1');
  const { jwk } = await verified(first?.['dpop']);
  expect(page.searchParams.get('dpop_jkt')).toBe(thumbprintOf(jwk));

  clock.now += 58_000;
  const other = tokenManagerFor({ fake, store, now: () => clock.now });
  const second = await other.headers(POST, SERVER);
  expect(second?.['authorization']).toBe('DPoP access-2');
  expect((await verified(second?.['dpop'])).jwk).toEqual(jwk);
  for (const proof of fake.proofs) {
    const { payload, jwk: used } = await verified(proof);
    expect([payload['htm'], payload['htu'], used]).toEqual(['POST', `${ISSUER}/token`, jwk]);
    expect(payload).not.toHaveProperty('content_digest');
  }
});

test.each([
  ['its metadata says so', { dpop_bound_access_tokens_required: true }, 'DPoP'],
  ['its metadata names the algorithm', { dpop_signing_alg_values_supported: ['ES256'] }, 'DPoP'],
  ['nothing says so', {}, 'Bearer'],
])('a server gets bound tokens where %s', async (_why, resource, scheme) => {
  const { fake, manager } = await bound('Bearer');
  fake.resource = resource;
  const page = await signIn(manager);
  expect((await manager.headers(POST, SERVER))?.['authorization']).toBe(`${scheme} access-1`);
  expect(page.searchParams.has('dpop_jkt')).toBe(scheme === 'DPoP');
});

test('an authorization server that binds no tokens gives bearer tokens', async () => {
  const { fake, manager } = await bound();
  fake.metadata = { dpop_signing_alg_values_supported: ['RS256'] };
  await signIn(manager);
  expect(await manager.headers(POST, SERVER)).toEqual({ authorization: 'Bearer access-1' });
});

test('nonces of either server are in the proofs for it alone', async () => {
  const { fake, manager } = await bound();
  const give = fake.answer;
  fake.answer = () => {
    const { nonce } = decodeJwt(fake.proofs.at(-1) ?? '');
    if (nonce === 'of-auth') return give?.() ?? json({}, 500);
    const headers = { 'content-type': 'application/json', 'dpop-nonce': 'of-auth' };
    return new Response('{"error":"use_dpop_nonce"}', { status: 400, headers });
  };
  await signIn(manager);
  expect(fake.grants).toHaveLength(2);
  const first = await manager.headers(POST, SERVER);
  expect(decodeJwt(first?.['dpop'] ?? '')).not.toHaveProperty('nonce');
  expect(manager.takeNonce('of-server', SERVER)).toBe(true);
  const second = await manager.headers(POST, SERVER);
  expect(decodeJwt(second?.['dpop'] ?? '')).toMatchObject({ nonce: 'of-server' });
});

test('the key is a secret, and a store without one has bearer tokens', async () => {
  const kept: string[] = [];
  const { fake } = await bound();
  const store = memoryStore();
  const manager = tokenManagerFor({ fake, store, keepSecrets: (_owner, values) => void kept.push(...values) });
  await manager.handleRefusal({ authorization: undefined }, DPOP).catch(() => undefined);
  await signIn(manager);
  const stored = (await store.read(KEY)) as { tokens: { proofKey: { d: string } } };
  expect(kept).toContain(stored.tokens.proofKey.d);
  expect(manager.takeNonce('n', SERVER)).toBe(false);
});

/** RFC 7638. */
function thumbprintOf(jwk: JWK | undefined): string {
  const { crv, kty, x, y } = jwk ?? {};
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
