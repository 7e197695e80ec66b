import { expect, it } from 'vitest';
import { createAuthenticate } from './authenticate.ts';
import { createToken, tokenHash } from './generated-token.ts';
import { snapshotOf } from './testing.ts';

const TOKEN = createToken();
const GENERATED = createToken();
const DAY = 86_400_000;
const log = { debug: () => {}, warn: () => {} };

function authenticator(principals: object | undefined, today = 0, noAuth = false) {
  const snapshot = snapshotOf({ agents: { dev: {} }, ...(principals === undefined ? {} : { principals }) });
  return createAuthenticate({
    snapshot: () => snapshot,
    noAuth,
    generatedTokenHash: tokenHash(GENERATED),
    log,
    today: () => today,
  });
}

const CI = { token_sha256: tokenHash(TOKEN), may_assume: ['dev'] };

it('answers a static token at once: no promise on that path', () => {
  const result = authenticator({ ci: CI })(`Bearer ${TOKEN}`);
  expect(result).not.toBeInstanceOf(Promise);
  expect(result).toMatchObject({ kind: 'proven', proof: { principal: 'ci' } });
});

it.each([
  undefined,
  '',
  'Bearer',
  `Basic ${TOKEN}`,
  TOKEN,
  `Bearer ${TOKEN.slice(0, -1)}`,
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.toLowerCase()}`,
  `Bearer ${tokenHash(TOKEN)}`,
  `Bearer ${GENERATED}`,
  `Bearer ${'x'.repeat(8193)}`,
  `Bearer ${TOKEN} ${TOKEN}`,
])('refuses %j', (header) => {
  expect(authenticator({ ci: CI })(header)).toMatchObject({ kind: 'refused' });
});

it('the scheme is case-insensitive', () => {
  expect(authenticator({ ci: CI })(`bEaReR ${TOKEN}`)).toMatchObject({ kind: 'proven' });
});

it('an expired token is refused from its instant on', () => {
  const ci = { ...CI, expires: '2030-01-01T00:00:00Z' };
  const end = Date.parse(ci.expires);
  expect(authenticator({ ci }, end - 1)(`Bearer ${TOKEN}`)).toMatchObject({ kind: 'proven' });
  expect(authenticator({ ci }, end)(`Bearer ${TOKEN}`)).toMatchObject({ kind: 'refused' });
  expect(authenticator({ ci }, end + DAY)(`Bearer ${TOKEN}`)).toMatchObject({ kind: 'refused' });
});

it('what a connection proved holds for it alone, for the same header, until it expires or the rules change', () => {
  const end = Date.parse('2030-01-01T00:00:00Z');
  const rules = (hash: string) =>
    snapshotOf({
      agents: { dev: {} },
      principals: { ci: { ...CI, token_sha256: hash, expires: '2030-01-01T00:00:00Z' } },
    });
  let snapshot = rules(tokenHash(TOKEN));
  let now = end - 1;
  const options = { noAuth: false, generatedTokenHash: undefined, log, today: () => now };
  const authenticate = createAuthenticate({ ...options, snapshot: () => snapshot });
  const [one, other] = [{}, {}];
  const good = `Bearer ${TOKEN}`;
  expect(authenticate(good, one)).toMatchObject({ kind: 'proven' });
  expect(authenticate(good, one)).toMatchObject({ kind: 'proven', proof: { principal: 'ci' } });
  for (const header of [undefined, `${good}x`, `Bearer ${GENERATED}`]) {
    expect(authenticate(header, one)).toMatchObject({ kind: 'refused' });
    expect(authenticate(header, other)).toMatchObject({ kind: 'refused' });
  }
  snapshot = rules(tokenHash(GENERATED));
  expect(authenticate(good, one)).toMatchObject({ kind: 'refused' });
  snapshot = rules(tokenHash(TOKEN));
  expect(authenticate(good, one)).toMatchObject({ kind: 'proven' });
  now = end;
  expect(authenticate(good, one)).toMatchObject({ kind: 'refused' });
});

it('the generated token is good only where the rules have no principals, an empty list included', () => {
  const header = `Bearer ${GENERATED}`;
  expect(authenticator(undefined)(header)).toMatchObject({ kind: 'proven', proof: { principal: 'gateway' } });
  expect(authenticator({})(header)).toMatchObject({ kind: 'refused' });
  expect(authenticator({ gateway: { stdio: true, may_assume: ['*'] } })(header)).toMatchObject({ kind: 'refused' });
});

it('stdio proves nothing over HTTP', () => {
  expect(authenticator({ local: { stdio: true, may_assume: ['*'] } })(`Bearer ${TOKEN}`)).toMatchObject({
    kind: 'refused',
  });
});

it('looks at JWTs only where a principal has an issuer, and then later', async () => {
  const jwt = 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkIn0.AAAA';
  expect(authenticator({ ci: CI })(`Bearer ${jwt}`)).toMatchObject({ kind: 'refused' });
  const issuer = { issuer: 'https://id.example.com', audience: 'x', jwks_uri: 'https://id.example.com/keys' };
  const result = authenticator({ ci: CI, team: { jwt: issuer, may_assume: ['dev'] } })(`Bearer ${jwt}`);
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toEqual({ kind: 'refused', error: 'invalid_token' });
});

it('--no-auth makes everybody anonymous, who is nobody where the rules have principals', () => {
  const open = authenticator(undefined, 0, true)(undefined);
  expect(open).toMatchObject({ kind: 'proven', proof: { principal: 'anonymous' } });
  const snapshot = snapshotOf({ agents: { dev: {} }, principals: { ci: CI } });
  const result = authenticator({ ci: CI }, 0, true)(undefined);
  if (result instanceof Promise || result.kind !== 'proven') throw new Error('not proven');
  expect(result.proof.find(snapshot)).toBeUndefined();
});
