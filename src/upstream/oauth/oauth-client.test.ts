import { describe, expect, it } from 'vitest';
import { httpServer, stdioServer } from '../testing.ts';
import { createOAuthClient, type ListenForCallback } from './oauth-client.ts';
import { fakeServer, memoryStore, NO_OAUTH, noLog, POST, RESOURCE } from './testing.ts';

const WEB = { redirectUri: 'https://gateway.example.com/oauth/callback' };

function setUp(listenOn?: ListenForCallback) {
  const fake = fakeServer();
  const store = memoryStore();
  const ports: number[] = [];
  const closed: string[] = [];
  const signedIn: string[] = [];
  const listen: ListenForCallback = async (port, host, receive) => {
    ports.push(port);
    if (listenOn !== undefined) return listenOn(port, host, receive);
    const redirectUri = `http://${host}:${port || 4000 + ports.length}/callback`;
    return { redirectUri, close: () => void closed.push(redirectUri) };
  };
  const client = createOAuthClient({
    store,
    guardedFetch: () => fake.fetch,
    listen,
    log: noLog,
    servers: () => [],
    keepSecrets: () => undefined,
    signedIn: (server) => void signedIn.push(server),
  });
  return { fake, store, ports, closed, signedIn, client, server: httpServer(RESOURCE) };
}

const answerTo = (url: string): URLSearchParams =>
  new URLSearchParams({ state: new URL(url).searchParams.get('state') ?? '', code: 'c' });

describe('a sign-in', () => {
  it('that is under way or beginning is given to everybody who needs it', async () => {
    const { ports, client, server } = setUp();
    const begin = () => client.signIn(server, '', 'loopback', undefined);
    const [first, second] = await Promise.all([begin(), begin()]);
    expect([second.url, (await begin()).url]).toEqual([first.url, first.url]);
    expect(ports).toEqual([0]);
    expect((await client.signIn(server, '', WEB, undefined)).url).not.toBe(first.url);
    expect((await client.signIn(server, 'bob', 'loopback', undefined)).url).not.toBe(first.url);
  });

  it('listens on this machine until it ends, and says so', async () => {
    const { client, closed, signedIn, server } = setUp();
    const { url, done } = await client.signIn(server, '', 'loopback', undefined);
    expect(closed).toEqual([]);
    expect(await client.finish(answerTo(url))).toBe('fixture');
    await done;
    await new Promise(setImmediate);
    expect([closed, signedIn]).toEqual([['http://127.0.0.1:4001/callback'], ['fixture']]);
    expect(await client.authorization(server, '')?.headers(POST, new URL(RESOURCE))).toEqual({
      authorization: 'Bearer access-1',
    });
  });

  it('listens no more where it cannot begin', async () => {
    const { fake, client, closed, server } = setUp();
    fake.metadata = { code_challenge_methods_supported: ['plain'] };
    await expect(client.signIn(server, '', 'loopback', undefined)).rejects.toThrow('no PKCE');
    expect(closed).toHaveLength(1);
  });

  it('listens where the last one did, or elsewhere if that is taken', async () => {
    const { client, ports, server } = setUp((port, host) =>
      port === 4001 && ports.length > 2
        ? Promise.reject(new Error('taken'))
        : Promise.resolve({ redirectUri: `http://${host}:${port || 4001}/callback`, close: () => undefined }),
    );
    for (let time = 0; time < 3; time++) {
      const { url } = await client.signIn(server, '', 'loopback', undefined);
      await client.finish(answerTo(url));
    }
    expect(ports).toEqual([0, 4001, 4001, 0]);
  });

  it('listens at the port of the entry alone', async () => {
    const { client, ports, server } = setUp(() => Promise.reject(new Error('taken')));
    const link = {
      transport: 'http',
      url: RESOURCE,
      headers: new Map(),
      oauth: { ...NO_OAUTH, redirectPort: 7000 },
    } as const;
    await expect(client.signIn({ ...server, link }, '', 'loopback', undefined)).rejects.toThrow('taken');
    expect(ports).toEqual([7000]);
  });

  it('asks for what the server said it needs', async () => {
    const { client, server } = setUp();
    const challenge = { resourceMetadata: undefined, scope: 'read write', error: undefined };
    const { url } = await client.signIn(server, '', 'loopback', challenge);
    expect(new URL(url).searchParams.get('scope')).toBe('read write');
  });

  it('is not for programs', async () => {
    const { client } = setUp();
    await expect(client.signIn(stdioServer('x'), '', 'loopback', undefined)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await client.signOut(stdioServer('x'), '')).toBe(0);
  });

  it('ends when its owner signs out', async () => {
    const { client, store, server } = setUp();
    await client.finish(answerTo((await client.signIn(server, '', 'loopback', undefined)).url));
    expect(await client.stored([server])).toMatchObject([{ server: 'fixture', state: 'usable' }]);
    expect(await client.signOut(server, '')).toBe(1);
    expect(await store.list()).toEqual([]);
  });
});
