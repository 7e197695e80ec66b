/** Keys of a server entry about signing in (docs/oauth.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { loose, strict, text } from './schema-parts.ts';

const said = (description: string) => z.string().meta({ description }).exactOptional();

/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const scope = text(
  (value) => (SCOPE.test(value) ? undefined : 'is not a scope'),
  'Write one scope per text, without spaces',
);

const port = z.int().superRefine((value, context) => {
  if (value >= 1 && value <= 65_535) return;
  context.addIssue({ code: 'custom', message: 'is no port', params: { fix: 'Write a number from 1 to 65535' } });
});

const fields = {
  clientId: said('Client that is registered with the authorization server; without it the gateway registers itself.'),
  clientSecret: said('Secret of that client: take it from the environment.'),
  privateKey: said('PEM (PKCS #8) of the key that signs for that client: take it from the environment.'),
  signingAlgorithm: z
    .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'])
    .meta({ description: 'Algorithm of that key; RS256 by default.' })
    .exactOptional(),
  issuer: said('Authorization server that this client is known to; without it the server says which one it is.'),
  clientMetadataUrl: said('Address of a client ID metadata document, used where the authorization server takes one.'),
  grantType: z
    .enum(['authorization_code', 'client_credentials', 'jwt_bearer'])
    .meta({
      description:
        'A person signs in (the default), or the gateway itself does: with its own credentials, or with a JWT that somebody else gives it.',
    })
    .exactOptional(),
  assertion: said('JWT that jwt_bearer presents: take it from the environment.'),
  assertionFile: said('File that holds that JWT; it is read for each request, so that it can be replaced.'),
  identityProvider: strict({
    issuer: z.string().meta({ description: 'Address of the identity provider.' }),
    clientId: z.string().meta({ description: 'Client that is registered there.' }),
    clientSecret: said('Its secret: take it from the environment.'),
  })
    .meta({
      description:
        'Identity provider of a company, which gives a grant for the JWT: that is then the identity token of a person.',
    })
    .exactOptional(),
  allowHttp: z
    .boolean()
    .meta({
      description:
        'Tokens may go to a server at an http address that is not on this machine, where others could read them.',
    })
    .exactOptional(),
  scopes: z
    .array(scope)
    .meta({ description: 'Scopes to ask for, instead of those that the server names.' })
    .exactOptional(),
  redirectPort: port
    .meta({
      minimum: 1,
      maximum: 65_535,
      description: 'Port of http://127.0.0.1:PORT/callback; any free one by default.',
    })
    .exactOptional(),
  callbackPort: port.meta({ minimum: 1, maximum: 65_535, description: 'The same as redirectPort.' }).exactOptional(),
  redirectHost: z
    .enum(['127.0.0.1', 'localhost'])
    .meta({ description: 'Host of that address, for authorization servers that accept only one of the two.' })
    .exactOptional(),
  tokenEndpointAuthMethod: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .meta({ description: 'How the client proves itself; by default what the authorization server supports.' })
    .exactOptional(),
};

/** Keys of `oauth` that mean something here. */
export const OAUTH_KEYS: readonly string[] = Object.keys(fields);

export const oauthFields = {
  oauth: loose(fields).meta({ description: 'How to sign in to a server that asks for it.' }).exactOptional(),
  credentials: z
    .enum(['gateway', 'per-principal'])
    .meta({
      description:
        'Whose sign-in calls use: one for everybody (gateway, the default) or one of each principal (per-principal).',
    })
    .exactOptional(),
};
