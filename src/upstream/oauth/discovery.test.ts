import { expect, test } from 'vitest';
import { createAddressGuard, guardOptionsOf } from './address-guard.ts';
import { discover } from './discovery.ts';
import { json, NO_OAUTH } from './testing.ts';

const PLAIN = 'http://mcp.internal.example/mcp';
const ISSUER = 'https://auth.example.com';

const answers: Parameters<typeof discover>[0]['fetch'] = async (address) =>
  String(address).startsWith(ISSUER)
    ? json({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
        response_types_supported: ['code'],
      })
    : json({ resource: PLAIN, authorization_servers: [ISSUER] });

test('a token goes to an http server that is elsewhere only where its owner accepts that', async () => {
  const options = { server: 'mcp', resource: PLAIN, resourceMetadata: undefined, issuer: undefined, fetch: answers };
  await expect(discover(options)).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: expect.stringContaining('"allowHttp": true'),
  });
  expect(await discover({ ...options, allowHttp: true })).toMatchObject({ issuer: ISSUER, indicator: PLAIN });
});

test('then the server itself may be asked over http, and nobody else', () => {
  const guardOf = (allowHttp: boolean) =>
    createAddressGuard(
      guardOptionsOf({
        transport: 'http',
        url: PLAIN,
        headers: new Map(),
        oauth: { ...NO_OAUTH, issuer: 'http://auth.internal.example', allowHttp },
      }),
    );
  const plain = 'only https is safe there';
  expect(guardOf(false).objection(new URL(PLAIN))).toBe(plain);
  expect(guardOf(true).objection(new URL(PLAIN))).toBeUndefined();
  expect(guardOf(true).objection(new URL('http://auth.internal.example/token'))).toBe(plain);
  expect(guardOf(true).objection(new URL('http://other.example/'))).toBe(plain);
  expect(guardOf(true).objection(new URL('http://mcp.internal.example:6379/'))).toBe(plain);
});

test('an authorization server needs https all the same, also the server itself, and one with an endpoint there', async () => {
  const options = { server: 'mcp', resource: PLAIN, resourceMetadata: undefined, issuer: undefined, allowHttp: true };
  const plain = { code: 'SERVER_UNAVAILABLE', message: expect.stringContaining('needs https') };
  const none: typeof answers = async () => new Response('', { status: 404 });
  await expect(discover({ ...options, fetch: none })).rejects.toMatchObject(plain);
  const half: typeof answers = async (address, init) => {
    const answer = await answers(address, init);
    const text = await answer.text();
    return new Response(text.replace(`${ISSUER}/token`, 'http://mcp.internal.example/token'), answer);
  };
  await expect(discover({ ...options, fetch: half })).rejects.toMatchObject(plain);
});
