import { expect, test } from 'vitest';
import { clientFor } from './registration.ts';
import { ISSUER, json, RESOURCE } from './testing.ts';

const REDIRECT = 'http://127.0.0.1:1/callback';
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  registration_endpoint: `${ISSUER}/register`,
  response_types_supported: ['code'],
};

const register = (answer: Response): Promise<unknown> =>
  clientFor({
    server: 'mcp',
    oauth: undefined,
    discovery: {
      issuer: ISSUER,
      authorizationServer: ISSUER,
      metadata: METADATA,
      indicator: RESOURCE,
      scopes: undefined,
      isBound: false,
    },
    redirectUri: REDIRECT,
    scope: undefined,
    stored: undefined,
    fetch: async () => answer,
  });

test.each([
  ['an id and nothing else', { client_id: 'c' }],
  ['what was asked for', { client_id: 'c', redirect_uris: [REDIRECT], client_name: 'x' }],
  ['a secret', { client_id: 'c', client_secret: 's' }],
])('a registration is good with %s', async (_what, answer) => {
  expect(await register(json(answer, 201))).toMatchObject({ id: 'c', known: 'registered', redirectUri: REDIRECT });
});

test.each([
  ['no id', json({ redirect_uris: [REDIRECT] }, 201)],
  ['a list', json([], 201)],
  ['null', json(null, 201)],
  ['a page', new Response('<html>')],
])('%s is none', async (_what, answer) => {
  await expect(register(answer)).rejects.toThrow('with something that is none');
});
