import { describe, expect, it } from 'vitest';
import { memoryLog } from '../testing.ts';
import { AuthorizationServerResolver, type ResolverOptions } from './authorization-server-resolver.ts';
import type { IssuedCredential } from './cached-credential.ts';
import { fakeServer, ISSUER, NO_OAUTH, RESOURCE } from './testing.ts';

const STRANGER = 'https://login.vendor.example';

function setUp(options: Partial<ResolverOptions> & { readonly signedInAt?: string } = {}) {
  const fake = fakeServer();
  const log = memoryLog();
  const { signedInAt } = options;
  const current: IssuedCredential | undefined =
    signedInAt === undefined
      ? undefined
      : {
          issuer: signedInAt,
          credential: { indicator: RESOURCE, client: undefined, asked: undefined, tokens: undefined },
        };
  const resolver = new AuthorizationServerResolver({
    server: 'mcp',
    oauth: undefined,
    resource: RESOURCE,
    fetch: fake.fetch,
    log,
    credential: { current, isLoaded: true, load: async () => current },
    challenge: { resourceMetadata: undefined, isForProof: false },
    others: async () => [],
    elsewhere: () => new Set(['https://bank.example:']),
    now: () => 7,
    ...options,
  });
  return { fake, log, resolver };
}

describe('the authorization server of a server', () => {
  it('is the one that it names, which is remembered', async () => {
    const { resolver } = setUp();
    expect(resolver.last).toBeUndefined();
    const discovery = await resolver.resolve();
    expect(discovery).toMatchObject({ issuer: ISSUER, indicator: RESOURCE });
    expect(resolver.last).toBe(discovery);
  });

  it('is asked for at the address that the challenge names', async () => {
    const resourceMetadata = 'https://mcp.example.com/.well-known/oauth-protected-resource/named';
    const { fake, resolver } = setUp({ challenge: { resourceMetadata, isForProof: false } });
    await resolver.resolve();
    expect(fake.requests[0]).toBe('GET /.well-known/oauth-protected-resource/named');
  });

  it('may not be a stranger, unless the entry or an earlier sign-in names it', async () => {
    const resolveStranger = (options: Parameters<typeof setUp>[0] = {}) => {
      const { fake, resolver } = setUp(options);
      fake.resource = { authorization_servers: [STRANGER] };
      return resolver.resolve().then(({ issuer }) => issuer);
    };
    await expect(resolveStranger()).rejects.toThrow('on another site');
    await expect(resolveStranger({ signedInAt: ISSUER })).rejects.toThrow('on another site');
    expect(await resolveStranger({ signedInAt: STRANGER })).toBe(STRANGER);
    expect(await resolveStranger({ oauth: { ...NO_OAUTH, issuer: STRANGER } })).toBe(STRANGER);
  });

  it('is told of where it is another one than before', async () => {
    const { log, resolver } = setUp({ signedInAt: 'https://old.example.com/tenant' });
    await resolver.resolve();
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'a server has another authorization server',
        fields: { server: 'mcp', before: 'https://old.example.com', now: ISSUER },
      },
    ]);
  });

  it('is the server itself where it names none', async () => {
    const { fake, resolver } = setUp();
    expect(await resolver.namedIssuers()).toEqual([ISSUER]);
    fake.resource = { authorization_servers: undefined };
    expect(await resolver.namedIssuers()).toEqual(['https://mcp.example.com/']);
    const { resolver: silent } = setUp({ fetch: () => Promise.reject(new Error('unreachable')) });
    expect(await silent.namedIssuers()).toEqual(['https://mcp.example.com/']);
  });
});
