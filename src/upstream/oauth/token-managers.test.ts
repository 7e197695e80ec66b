import { describe, expect, it } from 'vitest';
import type { HttpDefinition, ServerDefinition } from '../../config/snapshot.ts';
import { httpServer, stdioServer } from '../testing.ts';
import type { AddressGuardOptions } from './address-guard.ts';
import { fakeServer, ISSUER, memoryStore, NO_OAUTH, noLog, RESOURCE } from './testing.ts';
import { TokenManagers } from './token-managers.ts';

function entry(name: string, more: Partial<HttpDefinition> = {}): ServerDefinition {
  const link: HttpDefinition = { transport: 'http', url: RESOURCE, headers: new Map(), ...more };
  return { ...httpServer(RESOURCE), name, key: name, link };
}

function setUp(servers: readonly ServerDefinition[] = []) {
  const fake = fakeServer();
  const store = memoryStore();
  const guarded: AddressGuardOptions[] = [];
  const guardedFetch = (options: AddressGuardOptions) => {
    guarded.push(options);
    return fake.fetch;
  };
  const keepSecrets = (): void => undefined;
  const managers = new TokenManagers({ store, guardedFetch, log: noLog, servers: () => servers, keepSecrets });
  return { fake, store, guarded, managers };
}

describe('token managers', () => {
  it('are one for each definition and principal', () => {
    const { managers } = setUp();
    const server = entry('a');
    expect(managers.of(server, 'bob')).toBe(managers.of({ ...server }, 'bob'));
    expect(managers.of(server, 'bob')).not.toBe(managers.of(server, 'eve'));
    expect(managers.of(server, 'bob')).not.toBe(managers.of({ ...server, key: 'changed' }, 'bob'));
  });

  it('are not made for programs and entries with a credential', () => {
    const { managers } = setUp();
    expect(managers.of(stdioServer('x'), '')).toBeUndefined();
    expect(managers.of(entry('a', { headers: new Map([['AUTHORIZATION', 'Bearer t']]) }), '')).toBeUndefined();
  });

  it('take the hosts of the entry for hosts that may be in a private network', () => {
    const { guarded, managers } = setUp();
    managers.of(entry('a'), '');
    managers.of(entry('b', { oauth: { ...NO_OAUTH, issuer: ISSUER }, ca: '/ca.pem' }), '');
    expect(guarded).toEqual([
      { configured: new URL(RESOURCE), trusted: [] },
      { configured: new URL(RESOURCE), trusted: ['auth.example.com'], ca: '/ca.pem' },
    ]);
  });

  it.each<[string, Partial<HttpDefinition>, boolean]>([
    ['names it in its entry', { url: 'https://bank.example/mcp', oauth: { ...NO_OAUTH, issuer: ISSUER } }, true],
    [
      'names another one',
      { url: 'https://bank.example/mcp', oauth: { ...NO_OAUTH, issuer: 'https://id.example' } },
      false,
    ],
    ['says so itself', { url: 'https://bank.example/mcp' }, true],
    [
      'has a credential in its entry',
      { url: 'https://bank.example/', headers: new Map([['authorization', 'x']]) },
      false,
    ],
    ['is at the same origin', { url: 'https://mcp.example.com/other' }, false],
  ])('refuse an authorization server where another server %s', async (_what, other, isRefused) => {
    const server = entry('a');
    const { managers } = setUp([server, entry('bank', other), stdioServer('x')]);
    const resolved = managers.of(server, '')?.resolver.resolve();
    if (isRefused) await expect(resolved).rejects.toThrow('that of server "bank" too');
    else expect(await resolved).toMatchObject({ issuer: ISSUER });
  });

  it('ask no other server that somebody has signed in to', async () => {
    const server = entry('a');
    const { fake, store, managers } = setUp([server, entry('bank', { url: 'https://bank.example/mcp' })]);
    const key = { issuer: 'https://id.bank.example', resource: 'https://bank.example/mcp', owner: 'bob' };
    await store.update(key, async () => ({}));
    expect(await managers.of(server, '')?.resolver.resolve()).toMatchObject({ issuer: ISSUER });
    expect(fake.requests.filter((request) => request.includes('protected-resource'))).toHaveLength(1);
  });
});
