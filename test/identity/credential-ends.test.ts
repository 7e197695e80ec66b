/** An expired or revoked credential ends what it opened, at that moment: streams, sessions, calls that run or wait. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { fileText, makeHome, servers, sha256 } from '../support/home.ts';
import { type HttpReply, httpHeaders, openHttp, request } from '../support/http.ts';
import { type Issuer, makeKey, type SigningKey, startIssuer } from '../support/issuer.ts';
import { PROCESSES } from '../support/matrix.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, type RpcMessage, requestText } from '../support/rpc.ts';

const LEGACY = '2025-11-25';
const AUDIENCE = 'https://gateway.example.com/mcp';
const tokenOf = (name: string): string => `${name}_${'k'.repeat(40)}`;
const SERVERS = servers({
  slow: fixture('slow'),
  asking: { command: process.execPath, args: [fixturePath('conformance-server'), 'legacy'] },
});
const ALL = { allow: { servers: ['*'] } };

let issuer: Issuer;
let key: SigningKey;
beforeAll(async () => {
  key = await makeKey('ES256', 'ec-1');
  issuer = await startIssuer(key);
});
afterAll(() => issuer.stop());

const rules = (leaving: object | undefined) => ({
  agents: { dev: ALL },
  principals: {
    ...(leaving === undefined
      ? {}
      : { leaving: { token_sha256: sha256(tokenOf('leaving')), default: 'dev', may_assume: ['dev'], ...leaving } }),
    staying: { token_sha256: sha256(tokenOf('staying')), default: 'dev', may_assume: ['dev'] },
    team: {
      jwt: { issuer: issuer.url, jwks_uri: issuer.jwksUri, audience: AUDIENCE },
      default: 'dev',
      may_assume: ['dev'],
    },
  },
});

interface Open {
  /** True for each that has ended. */
  ended(): readonly boolean[];
  readonly replies: readonly Promise<HttpReply>[];
  /** Whether the session is still there, for a token of the same owner. */
  session(token: string): Promise<number>;
  /** What a call that waited for input gives now. */
  retry(token: string): Promise<RpcMessage>;
  /** Cancels the calls, which a stop of the gateway would wait for. */
  close(): Promise<void>;
}

/** Everything that can be open with one credential: a call in either era, a listen stream in either era, a call that waits. */
async function openAll(gateway: HttpGateway, token: string): Promise<Open> {
  const { url } = gateway;
  const abort = new AbortController();
  const authorization = `Bearer ${token}`;
  const started: Promise<void>[] = [];
  const replies: Promise<HttpReply>[] = [];
  const over: boolean[] = [];
  const stream = (method: string, headers: Record<string, string>, body?: string): void => {
    started.push(
      new Promise((resolve) => {
        const at = replies.length;
        over.push(false);
        const reply = request(url, {
          method,
          headers,
          signal: abort.signal,
          onHeaders: () => resolve(),
          ...(body === undefined ? {} : { body }),
        });
        replies.push(reply);
        const end = (): void => {
          over[at] = true;
          resolve();
        };
        reply.then(end, end);
      }),
    );
  };
  const session = await openHttp(url, LEGACY, { token });
  const legacy = { ...session.headers('tools/call'), authorization };
  const modern = (method: string, name?: string) => ({ ...httpHeaders(MODERN, method, name), authorization });
  const slow = (step: string) => ({
    name: 'execute_tool',
    arguments: { server: 'slow', tool: 'progress', args: { key: `${step} ${token}`, steps: 1 } },
  });
  stream('GET', { ...legacy, accept: 'text/event-stream' });
  stream('POST', legacy, requestText(7, 'tools/call', slow('a'), LEGACY, { meta: { progressToken: 1 } }));
  const notifications = { notifications: { toolsListChanged: true } };
  stream('POST', modern('subscriptions/listen'), requestText(8, 'subscriptions/listen', notifications, MODERN));
  stream(
    'POST',
    modern('tools/call', 'execute_tool'),
    requestText(9, 'tools/call', slow('b'), MODERN, { meta: { progressToken: 2 } }),
  );
  const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
  const asking = {
    name: 'execute_tool',
    arguments: { server: 'asking', tool: 'test_elicitation', args: { message: 'Who?' } },
  };
  const ask = async (bearer: string, params: object): Promise<RpcMessage> => {
    const headers = {
      ...modern('tools/call', 'execute_tool'),
      accept: 'application/json',
      authorization: `Bearer ${bearer}`,
    };
    const { body } = await request(url, {
      method: 'POST',
      headers,
      body: requestText(10, 'tools/call', params, MODERN, { meta }),
    });
    return JSON.parse(body) as RpcMessage;
  };
  const parked = await ask(token, asking);
  expect(parked.result).toMatchObject({ resultType: 'input_required' });
  const { inputRequests, requestState } = parked.result as { inputRequests: object; requestState: string };
  const inputResponses = Object.fromEntries(
    Object.keys(inputRequests).map((name) => [name, { action: 'accept', content: { name: 'me' } }]),
  );
  await Promise.all(started);
  return {
    ended: () => over,
    replies,
    session: async (bearer) => {
      const headers = { ...legacy, authorization: `Bearer ${bearer}` };
      return (await request(url, { method: 'POST', headers, body: requestText(11, 'ping', {}, LEGACY) })).status;
    },
    retry: (bearer) => ask(bearer, { ...asking, inputResponses, requestState }),
    async close() {
      await session.post('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}');
      abort.abort();
    },
  };
}

describe.each(PROCESSES)('%s', (_name, args) => {
  const start = async () => {
    const home = makeHome({ servers: SERVERS, rules: rules({}) });
    const gateway = await serveHttp({ home, args });
    return {
      home,
      gateway,
      write: (leaving: object | undefined) => writeFileSync(home.rules, fileText(rules(leaving))),
    };
  };

  it.each<[string, () => object | undefined]>([
    ['a token that expires', () => ({ expires: new Date(Date.now() + 1_500).toISOString() })],
    ['a token that is revoked', () => undefined],
    ['a token that is exchanged', () => ({ token_sha256: sha256(tokenOf('other')) })],
  ])('%s', async (_what, leaving) => {
    const { gateway, write } = await start();
    const [gone, kept] = await Promise.all([
      openAll(gateway, tokenOf('leaving')),
      openAll(gateway, tokenOf('staying')),
    ]);
    expect([...gone.ended(), ...kept.ended()]).not.toContain(true);
    write(leaving());
    await until(() => gone.ended().every((over) => over), 'all streams of the credential end');
    expect(kept.ended()).not.toContain(true);
    expect(await gone.session(tokenOf('leaving'))).toBe(401);
    const texts = (await Promise.all(gone.replies)).map(({ body }) => body);
    for (const at of [1, 3]) expect(texts[at]).toMatch(/no longer has the credential that opened it/);

    // Its owner comes back with a good one, and finds neither the session nor the call.
    write({});
    await until(async () => (await gone.session(tokenOf('leaving'))) !== 401, 'the token is good again');
    expect(await gone.session(tokenOf('leaving'))).toBe(404);
    expect((await gone.retry(tokenOf('leaving'))).error?.code).toBe(-32602);
    expect(await kept.session(tokenOf('staying'))).toBe(200);
    expect((await kept.retry(tokenOf('staying'))).result).toBeDefined();
    await kept.close();
    await gateway.stop();
  });

  it('a JWT: its streams end when it does, and a session goes on with the next one of the same subject', async () => {
    const { gateway } = await start();
    const now = Math.floor(Date.now() / 1000);
    const token = (seconds: number, sub: string) =>
      key.sign({ iss: issuer.url, aud: AUDIENCE, sub, iat: now, exp: now + seconds });
    const [short, other, long] = await Promise.all([token(8, 'alice'), token(8, 'bob'), token(600, 'alice')]);
    const [alice, bob] = await Promise.all([openAll(gateway, short), openAll(gateway, other)]);
    expect(await alice.session(long)).toBe(200);
    await until(() => [...alice.ended(), ...bob.ended()].every((over) => over), 'all streams end', 20_000);
    expect(Date.now()).toBeGreaterThanOrEqual((now + 8) * 1000 - 50);
    expect(await alice.session(long)).toBe(200);
    expect(await bob.session(await token(600, 'bob'))).toBe(404);
    await gateway.stop();
  });
});
