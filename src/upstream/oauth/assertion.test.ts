import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import { fakeServer, json, POST, RESOURCE, tokenManagerFor } from './testing.ts';
import type { TokenManager } from './token-manager.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const IDP = 'https://idp.example.com';
const SERVER = new URL(RESOURCE);

const folder = mkdtempSync(join(tmpdir(), 'assertion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const workload = (more: Partial<OAuthDefinition> = {}): Partial<OAuthDefinition> => ({
  grantType: 'jwt_bearer',
  assertion: { text: 'jwt-of-the-platform' },
  ...more,
});

/** The server refuses a request without a token; then what the next one carries. */
async function authorized(manager: TokenManager): Promise<unknown> {
  await manager.handleRefusal(
    { authorization: undefined },
    { status: 401, challenge: 'Bearer scope="r"', attempts: 1 },
  );
  return manager.headers(POST, SERVER);
}

const grantsOf = (fake: ReturnType<typeof fakeServer>): unknown[] =>
  fake.grants.map((grant) => Object.fromEntries(grant));

describe('the JWT of a platform', () => {
  it('is presented without a client where the entry names none', async () => {
    const fake = fakeServer();
    expect(await authorized(tokenManagerFor({ fake, oauth: workload() }))).toEqual({
      authorization: 'Bearer access-1',
    });
    expect(grantsOf(fake)).toEqual([
      { grant_type: JWT_BEARER, assertion: 'jwt-of-the-platform', scope: 'r', resource: RESOURCE },
    ]);
    expect(fake.registrations).toEqual([]);
  });

  it('is presented for the client of the entry', async () => {
    const fake = fakeServer();
    await authorized(tokenManagerFor({ fake, oauth: workload({ clientId: 'c' }) }));
    expect(grantsOf(fake)).toMatchObject([{ client_id: 'c', assertion: 'jwt-of-the-platform' }]);
  });

  it('is read anew from its file each time, and kept secret', async () => {
    const fake = fakeServer();
    const kept: string[] = [];
    const file = join(mkdtempSync(join(folder, 'a')), 'token');
    const clock = { now: 1_800_000_000_000 };
    const manager = tokenManagerFor({
      fake,
      oauth: workload({ assertion: { file } }),
      now: () => clock.now,
      keepSecrets: (_owner, values) => void kept.push(...values),
    });
    writeFileSync(file, 'first\n');
    await authorized(manager);
    writeFileSync(file, 'second\n');
    clock.now += 3_590_000;
    expect(await manager.headers(POST, SERVER)).toEqual({ authorization: 'Bearer access-2' });
    expect(fake.grants.map((grant) => grant.get('assertion'))).toEqual(['first', 'second']);
    expect(kept).toEqual(expect.arrayContaining(['first', 'second']));
  });

  it.each([
    ['missing', undefined, /"assertionFile" of its entry, which cannot be read \(ENOENT\)/],
    ['empty', ' \n', /"assertionFile" of its entry, which is empty/],
    ['longer than any JWT', 'a'.repeat(70_000), /"assertionFile" of its entry, which holds no JWT/],
  ])('is not there: its file is %s', async (_what, content, message) => {
    const file = join(mkdtempSync(join(folder, 'a')), 'token');
    if (content !== undefined) writeFileSync(file, content);
    const fake = fakeServer();
    const manager = tokenManagerFor({ fake, oauth: workload({ assertion: { file } }) });
    await expect(authorized(manager)).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
    expect(fake.grants).toEqual([]);
  });

  it('is not read from what has no end', async () => {
    const manager = tokenManagerFor({ fake: fakeServer(), oauth: workload({ assertion: { file: '/dev/zero' } }) });
    await expect(authorized(manager)).rejects.toMatchObject({ message: expect.stringContaining('holds no JWT') });
  });

  it.each(['invalid_grant', 'invalid_scope', 'unauthorized_client'])(
    'is refused with %s: once, and nothing else is tried',
    async (error) => {
      const fake = fakeServer();
      fake.answer = () => json({ error }, 400);
      const what = error === 'unauthorized_client' ? 'client' : 'assertion';
      await expect(authorized(tokenManagerFor({ fake, oauth: workload() }))).rejects.toMatchObject({
        code: 'AUTH_REQUIRED',
        message: `The authorization server of "mcp" refuses the ${what} of its entry (${error}): correct "oauth" in the servers file.`,
      });
      expect(fake.grants).toHaveLength(1);
    },
  );
});

describe('an identity provider', () => {
  const identityProvider = { issuer: IDP, clientId: 'sso', clientSecret: 'sso-secret' };
  const employee = workload({
    clientId: 'c',
    clientSecret: 's',
    assertion: { text: 'id-token' },
    tokenEndpointAuthMethod: 'client_secret_basic',
    identityProvider,
  });

  /** Both token endpoints are one here; the provider's requests say what they are. */
  function company() {
    const fake = fakeServer();
    fake.answer = () =>
      fake.grants.at(-1)?.has('subject_token') === true
        ? json({
            access_token: 'id-jag',
            issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
            token_type: 'N_A',
          })
        : json({ access_token: 'access', token_type: 'Bearer' });
    return fake;
  }

  it('gives a grant for the identity token, which the authorization server gets', async () => {
    const fake = company();
    const kept: string[] = [];
    const keepSecrets = (_owner: string, values: readonly string[]): void => void kept.push(...values);
    expect(await authorized(tokenManagerFor({ fake, oauth: employee, keepSecrets }))).toEqual({
      authorization: 'Bearer access',
    });
    expect(grantsOf(fake)).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        audience: 'https://auth.example.com',
        resource: RESOURCE,
        subject_token: 'id-token',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        client_id: 'sso',
        client_secret: 'sso-secret',
        scope: 'r',
      },
      { grant_type: JWT_BEARER, assertion: 'id-jag', scope: 'r', resource: RESOURCE },
    ]);
    expect(kept).toEqual(expect.arrayContaining(['id-token', 'id-jag']));
  });

  it.each([
    [
      'refuses',
      (fake: ReturnType<typeof fakeServer>) => (fake.answer = () => json({ error: 'invalid_grant' }, 400)),
      'gives no grant',
    ],
    [
      'is another one',
      (fake: ReturnType<typeof fakeServer>) => (fake.metadata = { issuer: 'https://auth.example.com' }),
      'does not describe itself',
    ],
  ])('that %s is named, and the authorization server gets nothing', async (_what, change, why) => {
    const fake = company();
    change(fake);
    await expect(authorized(tokenManagerFor({ fake, oauth: employee }))).rejects.toMatchObject({
      code: 'AUTH_REQUIRED',
      message: expect.stringContaining(`The identity provider of "mcp" (${IDP}) ${why}`),
    });
    expect(fake.grants.filter((grant) => grant.get('grant_type') === JWT_BEARER)).toEqual([]);
  });
});
