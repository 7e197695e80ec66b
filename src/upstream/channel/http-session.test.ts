import { describe, expect, it } from 'vitest';
import { createDeferred } from '../../shared/deferred.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';
import { createHttpSession } from './http-session.ts';

function responseWith(sessionId: string | undefined): HttpResponse {
  const header = (name: string) => (name === 'mcp-session-id' ? sessionId : undefined);
  const body = {
    read: async () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    destroy: () => undefined,
  };
  return { status: 200, header, type: '', body, whole: undefined, release: () => undefined };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a session', () => {
  it('is what requests carry, once there is one', () => {
    const session = createHttpSession('s', async () => undefined);
    expect(session.headers()).toEqual({});
    session.speak('2025-11-25');
    session.begin(responseWith('a'));
    expect(session.headers()).toEqual({ 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': 'a' });
    session.begin(responseWith(''));
    expect([session.id, session.headers()]).toEqual([undefined, { 'mcp-protocol-version': '2025-11-25' }]);
  });

  it.each(['a\nb', '\u0100', '\u007f'])('is none whose id no header can carry (%j)', (id) => {
    const session = createHttpSession('s', async () => undefined);
    expect(() => session.begin(responseWith(id))).toThrow('gave a session id that no header can carry');
  });

  it('lets requests wait for the last thing that holds it, whatever comes of it', async () => {
    const session = createHttpSession('s', async () => undefined);
    const [first, second] = [createDeferred<void>(), createDeferred<void>()];
    session.holdWhile(first.promise);
    session.holdWhile(second.promise);
    let isReady = false;
    const ready = session.ready().then(() => {
      isReady = true;
    });
    first.resolve();
    await nextTurn();
    expect([isReady, session.isHeld]).toEqual([false, true]);
    second.reject(new Error('failed'));
    await ready;
    expect(session.isHeld).toBe(false);
  });

  it('that is lost is made anew once for all who lost it', async () => {
    const made = createDeferred<void>();
    let count = 0;
    const session = createHttpSession('s', () => {
      count++;
      return made.promise;
    });
    session.begin(responseWith('old'));
    const renewals = [session.renew('old'), session.renew('old')];
    expect([session.id, session.isHeld]).toEqual([undefined, true]);
    session.begin(responseWith('new'));
    made.resolve();
    await Promise.all(renewals);
    await session.renew('old');
    expect([count, session.id]).toEqual([1, 'new']);
  });

  it('that cannot be made anew fails those who lost it', async () => {
    const session = createHttpSession('s', () => Promise.reject(new Error('gone')));
    session.begin(responseWith('old'));
    await expect(session.renew('old')).rejects.toThrow('gone');
    await session.ready();
  });

  it('ends once, with its own headers, and never fails', async () => {
    const requests: HttpRequest[] = [];
    const client: HttpClient = {
      url: new URL('http://x/'),
      request: (request) => {
        requests.push(request);
        return Promise.reject(new Error('gone'));
      },
      close: async () => undefined,
    };
    const session = createHttpSession('s', async () => undefined);
    await session.end(client);
    session.begin(responseWith('a'));
    await session.end(client);
    await session.end(client);
    expect(requests).toMatchObject([{ method: 'DELETE', headers: { 'mcp-session-id': 'a' } }]);
  });
});
