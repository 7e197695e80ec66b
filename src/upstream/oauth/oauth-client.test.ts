import { expect, it } from 'vitest';
import { httpServer } from '../testing.ts';
import type { GuardOptions } from './address-guard.ts';
import { createOAuthClient } from './oauth-client.ts';
import { fakeServer, ISSUER, memoryStore, NO_OAUTH, noLog, RESOURCE } from './testing.ts';

it('takes the hosts of the entry for hosts that may be in a private network', () => {
  const asked: GuardOptions[] = [];
  const oauth = createOAuthClient({
    store: memoryStore(),
    guardedFetch(options) {
      asked.push(options);
      return fakeServer().fetch;
    },
    listen: () => Promise.reject(new Error('not here')),
    log: noLog,
    servers: () => [],
    keepSecrets: () => undefined,
  });
  const link = { transport: 'http', url: RESOURCE, headers: new Map<string, string>() } as const;
  const server = httpServer(RESOURCE);
  oauth.authorization({ ...server, link }, '');
  oauth.authorization({ ...server, key: 'x', link: { ...link, oauth: { ...NO_OAUTH, issuer: ISSUER } } }, '');
  expect(asked).toEqual([
    { configured: new URL(RESOURCE), trusted: [] },
    { configured: new URL(RESOURCE), trusted: ['auth.example.com'] },
  ]);
});
