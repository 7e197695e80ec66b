/** Servers that name the authorization server of somebody else. */
import { expect, test } from 'vitest';
import { AuthorizationFlows } from './authorization-flow.ts';
import { placeOf } from './issuer.ts';
import { fakeServer, ISSUER, json, POST, RESOURCE, type TokenManagerParts, tokenManagerFor } from './testing.ts';

const REDIRECT = 'http://127.0.0.1:5000/callback';
const AUTH0 = 'https://tenant.eu.auth0.com';

type World = Omit<TokenManagerParts, 'fake'> & { readonly resource?: object; readonly metadata?: object };

/** Begins a sign-in. @returns the message of what goes wrong, or the host that a person sees. */
async function begin({ resource = {}, metadata = {}, ...parts }: World) {
  const fake = fakeServer();
  fake.resource = { ...resource };
  fake.metadata = { ...metadata };
  const begun = new AuthorizationFlows().begin(tokenManagerFor({ fake, ...parts }), REDIRECT);
  const said = await begun.then(
    ({ where }) => where,
    (error: Error) => error.message,
  );
  return { said, fake };
}

const named = (issuer: string): Readonly<Record<string, unknown>> => ({ authorization_servers: [issuer] });

test.each<[string, World]>([
  ['on another site', { resource: named(AUTH0) }],
  ['next door to it, where strangers live', { resource: named('https://example.org') }],
  ['that another entry uses', { others: [{ name: 'bank', issuers: ['https://x.example.net', `${ISSUER}/`] }] }],
  [
    'that another entry uses under a name with a dot',
    { others: [{ name: 'bank', issuers: ['https://auth.example.com.'] }] },
  ],
  ['that another entry uses in capitals', { others: [{ name: 'bank', issuers: ['https://AUTH.example.com:443/'] }] }],
  [
    'whose page is that of another entry under another name',
    {
      metadata: { authorization_endpoint: 'https://bank.example.com./authorize' },
      others: [{ name: 'bank', issuers: ['https://bank.example.com/tenant'] }],
    },
  ],
  [
    'whose page is that of another entry',
    {
      metadata: { authorization_endpoint: 'https://bank.example.com/authorize' },
      others: [{ name: 'bank', issuers: ['https://bank.example.com'] }],
    },
  ],
  ['whose page is on another site', { metadata: { authorization_endpoint: 'https://bank.example/authorize' } }],
  ['that gives tokens on another site', { metadata: { token_endpoint: 'https://bank.example/token' } }],
  ['that protects other servers', { metadata: { protected_resources: ['https://bank.example.com/mcp'] } }],
  ['that protects nothing', { metadata: { protected_resources: [] } }],
])(
  'an authorization server %s is used where its entry says so, and nothing is sent there before',
  async (_what, world) => {
    const { said, fake } = await begin(world);
    const issuer = /"oauth": \{ "issuer": "([^"]+)" \}$/.exec(said)?.[1];
    expect(said).toMatch(/^Server "mcp" names the authorization server https:/);
    expect(fake.registrations).toEqual([]);
    expect((await begin({ ...world, oauth: {} })).said).toMatch(/"issuer": "[^"]+" in "oauth"$/);
    const trusted = await begin({ ...world, oauth: { issuer: issuer ?? '' } });
    expect(trusted.said).toContain(new URL(issuer ?? '').host);
    expect(trusted.fake.registrations).toHaveLength(1);
  },
);

test.each<[string, World]>([
  ['on the site of the server', {}],
  ['on another site that lists the server', { resource: named(AUTH0), metadata: { protected_resources: [RESOURCE] } }],
  ['that others do not use', { others: [{ name: 'bank', issuers: ['https://bank.example.com'] }] }],
  ['whose members of no value are null', { metadata: { protected_resources: null, scopes_supported: null } }],
])('an authorization server %s needs no word of the owner', async (_what, world) => {
  const { said, fake } = await begin(world);
  expect(said).toMatch(/^(auth\.example\.com|tenant\.eu\.auth0\.com)$/);
  expect(fake.registrations).toHaveLength(1);
});

test('what was used before is used on, and another one is not', async () => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({ fake, others: [{ name: 'late', issuers: [AUTH0] }] });
  const flows = new AuthorizationFlows();
  await tokenManager.credential.save(AUTH0, {
    indicator: RESOURCE,
    client: undefined,
    asked: undefined,
    tokens: undefined,
  });
  fake.resource = named(AUTH0);
  expect((await flows.begin(tokenManager, REDIRECT)).where).toBe('tenant.eu.auth0.com');
  fake.resource = named('https://evil.auth0.com');
  await expect(flows.begin(tokenManager, REDIRECT)).rejects.toThrow('on another site');
});

test('whose page is elsewhere is told with the issuer', async () => {
  const { said } = await begin({ metadata: { authorization_endpoint: 'https://login.example.com/authorize' } });
  expect(said).toBe('auth.example.com (on the page of login.example.com)');
});

const jwt = (claims: object): string =>
  ['{"alg":"none"}', JSON.stringify(claims), 's'].map((part) => Buffer.from(part).toString('base64url')).join('.');

test.each<[string, unknown, object | undefined, boolean]>([
  ['an opaque token', undefined, undefined, true],
  ['its own address', RESOURCE, undefined, true],
  ['its origin among others', ['https://bank.example', 'https://mcp.example.com'], undefined, true],
  ['a word', 'api', undefined, true],
  ['a word among addresses', ['api', 'https://elsewhere.example'], undefined, true],
  ['the issuer', `${ISSUER}/userinfo`, undefined, true],
  ['its site', 'https://api.example.com', undefined, true],
  ['another site', 'https://bank.example', undefined, false],
  ['another site, where the entry names the issuer', 'https://api.vendor.example', { issuer: ISSUER }, true],
  ['another entry, where the entry names the issuer', 'https://other.example/x', { issuer: ISSUER }, false],
  ['another entry, whose host ends with a dot', 'https://OTHER.example./x', { issuer: ISSUER }, false],
  ['itself, with a dot and a port', 'https://mcp.example.com.:443/mcp', undefined, true],
  ['another entry and a word', ['api', 'https://other.example'], undefined, false],
])('a token for %s is taken or thrown away', async (what, aud, oauth, isTaken) => {
  const fake = fakeServer();
  const tokenManager = tokenManagerFor({
    fake,
    elsewhere: [placeOf('https://other.example')],
    ...(oauth === undefined ? {} : { oauth }),
  });
  const token = what === 'an opaque token' ? 'a.b' : jwt({ aud });
  fake.answer = () => json({ access_token: token, token_type: 'Bearer' });
  const flows = new AuthorizationFlows();
  const { url } = await flows.begin(tokenManager, REDIRECT);
  const state = new URL(url).searchParams.get('state') ?? '';
  const finished = flows.finish(new URLSearchParams({ state, code: 'c' }), REDIRECT);
  if (isTaken) await finished;
  else await expect(finished).rejects.toThrow('it was thrown away');
  expect(await tokenManager.headers(POST, new URL(RESOURCE))).toEqual(
    isTaken ? { authorization: `Bearer ${token}` } : undefined,
  );
});
