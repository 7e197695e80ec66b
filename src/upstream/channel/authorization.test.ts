import { describe, expect, it } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { type Authorization, type AuthorizedRequest, authorized, type Refusal } from './authorization.ts';
import type { HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';

const REQUEST: HttpRequest = { method: 'POST', headers: { accept: '*/*' }, signal: new Canceller() };

function response(status: number, discarded: number[]): HttpResponse {
  const body = {
    read: async () => void discarded.push(status),
    pause: () => undefined,
    resume: () => undefined,
    destroy: () => undefined,
  };
  const header = (name: string) => (name === 'www-authenticate' ? 'Bearer scope="x"' : undefined);
  return { status, header, type: '', body, whole: undefined, release: () => undefined };
}

function setUp(statuses: readonly number[], tokens: readonly (string | undefined)[], isRetried: boolean) {
  const sent: (string | undefined)[] = [];
  const refusals: (AuthorizedRequest & Refusal)[] = [];
  const discarded: number[] = [];
  const next = tokens[Symbol.iterator]();
  const authorization: Authorization = {
    headers: () => {
      const { value } = next.next() as { value: string | undefined };
      return value === undefined ? undefined : { authorization: value };
    },
    handleRefusal: async (request, refusal) => {
      refusals.push({ ...request, ...refusal });
      return isRetried;
    },
  };
  const client = {
    url: new URL('http://x/'),
    request: async ({ headers }: HttpRequest) => {
      sent.push(headers['authorization']);
      return response(statuses[sent.length - 1] ?? 0, discarded);
    },
    close: async () => undefined,
  };
  return { sent, refusals, discarded, authorization, client };
}

describe('requests with a credential', () => {
  it('carry it where there is one', async () => {
    const { sent, authorization, client, refusals } = setUp([200, 200], ['a', undefined], true);
    const withCredential = authorized(client, authorization);
    await withCredential.request(REQUEST);
    await withCredential.request(REQUEST);
    expect([sent, refusals]).toEqual([['a', undefined], []]);
  });

  describe('and a proof of possession', () => {
    function withProof(answers: readonly (readonly [status: number, nonce: string | undefined, challenge: string])[]) {
      const taken: string[] = [];
      const attempts: number[] = [];
      let sent = 0;
      const authorization: Authorization = {
        headers: async (request, server) => ({ authorization: 'DPoP t', dpop: `${request.method} ${server.href}` }),
        handleRefusal: async (_request, refusal) => {
          attempts.push(refusal.attempts);
          return refusal.attempts < 2;
        },
        takeNonce: (nonce) => taken.push(nonce) > 0,
      };
      const client = {
        url: new URL('http://x/'),
        request: async ({ headers }: HttpRequest) => {
          expect(headers['dpop']).toBe('POST http://x/');
          const [status = 0, nonce, challenge] = answers[sent++] ?? [];
          const known: Readonly<Record<string, string | undefined>> = {
            'dpop-nonce': nonce,
            'www-authenticate': challenge,
          };
          return { ...response(status, []), header: (name: string) => known[name] };
        },
        close: async () => undefined,
      };
      return { taken, attempts, sent: () => sent, client: authorized(client, authorization) };
    }

    const WANTS = 'DPoP error="use_dpop_nonce"';

    it('are sent again with the nonce that the server wants, which is no refusal of the token', async () => {
      const { taken, attempts, sent, client } = withProof([
        [401, 'a', WANTS],
        [401, 'b', 'DPoP error="invalid_token"'],
        [200, 'c', ''],
      ]);
      expect((await client.request(REQUEST)).status).toBe(200);
      expect([taken, attempts, sent()]).toEqual([['a', 'b', 'c'], [1], 3]);
    });

    it('are not sent for ever to a server that always wants another one', async () => {
      const { sent, client } = withProof(Array.from({ length: 9 }, (_, at) => [401, `n${at}`, WANTS] as const));
      expect((await client.request(REQUEST)).status).toBe(401);
      expect(sent()).toBeLessThan(6);
    });

    it('are refused where the server wants a nonce and gives none', async () => {
      const { attempts, client } = withProof(Array.from({ length: 3 }, () => [401, undefined, WANTS] as const));
      await client.request(REQUEST);
      expect(attempts).toEqual([1, 2]);
    });
  });

  it('are the same without an authorization', () => {
    const { client } = setUp([], [], true);
    expect(authorized(client, undefined)).toBe(client);
  });

  it.each([401, 403])('are sent again after %i for as long as that may help', async (status) => {
    const { sent, authorization, client, refusals, discarded } = setUp([status, status, 200], ['a', 'b', 'c'], true);
    expect((await authorized(client, authorization).request(REQUEST)).status).toBe(200);
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(refusals).toEqual([
      { authorization: 'a', status, challenge: 'Bearer scope="x"', attempts: 1 },
      { authorization: 'b', status, challenge: 'Bearer scope="x"', attempts: 2 },
    ]);
    expect(discarded).toEqual([status, status]);
  });

  it('get the refusal where nothing helps, or it is about something else', async () => {
    const refused = setUp([403], ['a'], false);
    expect((await authorized(refused.client, refused.authorization).request(REQUEST)).status).toBe(403);
    expect(refused.discarded).toEqual([]);
    const broken = setUp([500], ['a'], true);
    expect((await authorized(broken.client, broken.authorization).request(REQUEST)).status).toBe(500);
    expect(broken.refusals).toEqual([]);
  });

  it('have no effect where there is no credential for them', async () => {
    const required = new GatewayError('AUTH_REQUIRED', 'sign in', { data: { server: 's' } });
    const failure = { code: 'AUTH_REQUIRED', data: { server: 's', withoutEffect: true } };
    const before = setUp([200], [], true);
    const late = { ...before.authorization, headers: () => Promise.reject(required) };
    await expect(authorized(before.client, late).request(REQUEST)).rejects.toMatchObject(failure);
    expect(before.sent).toEqual([]);
    const after = setUp([401], ['a'], true);
    const refusing = { ...after.authorization, handleRefusal: () => Promise.reject(required) };
    await expect(authorized(after.client, refusing).request(REQUEST)).rejects.toMatchObject(failure);
  });
});
