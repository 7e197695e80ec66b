import { expect, test } from 'vitest';
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import { beginDeviceSignIn } from './device-grant.ts';
import { fakeServer, ISSUER, json, memoryStore, POST, RESOURCE, tokenManagerFor } from './testing.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const SERVER = new URL(RESOURCE);
const ANSWER = {
  device_code: 'device-1',
  user_code: 'ABCD-EFGH',
  verification_uri: `${ISSUER}/activate`,
  verification_uri_complete: `${ISSUER}/activate?code=ABCD-EFGH`,
  expires_in: 60,
  interval: 2,
};

/** @param waits codes of the token endpoint, before it gives tokens */
function setUp(waits: readonly string[] = [], answer: object = ANSWER, oauth?: Partial<OAuthDefinition>) {
  const fake = fakeServer();
  fake.metadata = { device_authorization_endpoint: `${ISSUER}/device` };
  fake.device = () => json(answer);
  const left = [...waits];
  fake.answer = () => {
    const error = left.shift();
    return error === undefined
      ? json({ access_token: 'access', refresh_token: 'refresh', token_type: 'Bearer' })
      : json({ error }, 400);
  };
  const clock = { now: 0, pauses: [] as number[] };
  const options = {
    pause: async (ms: number) => {
      clock.pauses.push(ms);
      clock.now += ms;
    },
    now: () => clock.now,
  };
  const manager = tokenManagerFor({ fake, store: memoryStore(), ...(oauth && { oauth }) });
  return { fake, manager, clock, begin: () => beginDeviceSignIn(manager, options) };
}

test('an authorization server that is out of order for a while is asked again, more slowly', async () => {
  const { fake, manager, clock, begin } = setUp(['authorization_pending']);
  const { answer } = fake;
  const troubles = [() => json({}, 503), () => json({ error: 'slow' }, 429)];
  fake.answer = (...asked) => troubles.shift()?.() ?? answer?.(...asked) ?? expect.unreachable('no answer');
  await (await begin()).done;
  expect(clock.pauses).toEqual([2000, 7000, 12_000, 12_000]);
  expect(await manager.headers(POST, SERVER)).toEqual({ authorization: 'Bearer access' });
});

test('a person gets a page and a code, and the gateway asks until somebody signed in', async () => {
  const { fake, manager, clock, begin } = setUp(['authorization_pending', 'slow_down', 'authorization_pending']);
  const signIn = await begin();
  expect(signIn).toMatchObject({
    page: `${ISSUER}/activate`,
    code: 'ABCD-EFGH',
    wholePage: `${ISSUER}/activate?code=ABCD-EFGH`,
    where: 'auth.example.com',
  });
  await signIn.done;
  expect(clock.pauses).toEqual([2000, 2000, 7000, 7000]);
  expect(await manager.headers(POST, SERVER)).toEqual({ authorization: 'Bearer access' });
  expect(fake.registrations).toMatchObject([
    { grant_types: [GRANT, 'refresh_token'], redirect_uris: [], response_types: [] },
  ]);
  const [asked, ...polls] = fake.grants.map((grant) => Object.fromEntries(grant));
  expect(asked).toEqual({ client_id: 'client-1', resource: RESOURCE });
  expect(polls).toHaveLength(4);
  for (const poll of polls)
    expect(poll).toEqual({ grant_type: GRANT, device_code: 'device-1', client_id: 'client-1', resource: RESOURCE });
});

test('a client of the entry proves itself in both requests', async () => {
  const { fake, begin } = setUp([], ANSWER, {
    clientId: 'c',
    clientSecret: 's',
    tokenEndpointAuthMethod: 'client_secret_post',
  });
  await (await begin()).done;
  for (const grant of fake.grants) expect([grant.get('client_id'), grant.get('client_secret')]).toEqual(['c', 's']);
});

test.each([
  ['access_denied', ' (access_denied)'],
  ['expired_token', ' (expired_token)'],
])('%s ends it', async (error, said) => {
  const { fake, begin } = setUp([error]);
  await expect((await begin()).done).rejects.toMatchObject({
    code: 'AUTH_REQUIRED',
    message: `The authorization server of "mcp" signed nobody in${said}.`,
  });
  expect(fake.grants).toHaveLength(2);
});

test('nobody is waited for longer than the code is good', async () => {
  const { clock, begin } = setUp(Array.from({ length: 100 }, () => 'authorization_pending'));
  await expect((await begin()).done).rejects.toMatchObject({ message: expect.stringContaining('in time') });
  expect(clock.now).toBeLessThanOrEqual(60_000);
});

test.each<[string, object]>([
  ['no code', { ...ANSWER, user_code: '' }],
  ['a code with an escape sequence', { ...ANSWER, user_code: '\u001b[2JABCD' }],
  ['no page', { ...ANSWER, verification_uri: 7 }],
  ['a page that is none', { ...ANSWER, verification_uri: 'javascript:alert(1)' }],
  ['a whole page that is none', { ...ANSWER, verification_uri_complete: 'file:///etc/passwd' }],
])('an answer with %s is not shown to anybody', async (_what, answer) => {
  await expect(setUp([], answer).begin()).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
});

test('an authorization server without it says so', async () => {
  const { fake, begin } = setUp();
  fake.metadata = {};
  await expect(begin()).rejects.toMatchObject({ message: expect.stringContaining('sign in without --device') });
});

test.each<[string, object, object]>([
  ['codes', { device_authorization_endpoint: 'https://bank.example/device' }, ANSWER],
  ['people', {}, { ...ANSWER, verification_uri: 'https://bank.example/activate' }],
  ['people', {}, { ...ANSWER, verification_uri_complete: 'https://bank.example/activate?code=ABCD-EFGH' }],
])(
  'an authorization server that sends %s to another site needs the word of the owner',
  async (_what, metadata, answer) => {
    const { fake, begin } = setUp([], answer);
    fake.metadata = { ...fake.metadata, ...metadata };
    const refused = await begin().then(String, String);
    expect(refused).toContain('sends people or codes to another site, https://bank.example');
    expect(refused).toContain(`"issuer": "${ISSUER}"`);
    const trusted = setUp([], answer, { issuer: ISSUER });
    await (await trusted.begin()).done;
  },
);

test('an authorization server that wants to be asked all the time is asked once a second', async () => {
  const { clock, begin } = setUp(['authorization_pending'], { ...ANSWER, interval: 0.001 });
  await (await begin()).done;
  expect(clock.pauses).toEqual([1000, 1000]);
});
