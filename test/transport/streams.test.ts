/** Streams of calls over HTTP: what a client finds when its connection breaks, in either generation. */

import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, TOKEN } from '../support/home.ts';
import { type HttpRpc, messagesOf, openHttp, request } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { MODERN, requestText } from '../support/rpc.ts';
import { SINGLE, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const server = (generation: string): object => ({
  command: process.execPath,
  args: [fixturePath('matrix-server'), generation, 'stdio', generation],
});

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({
    servers: servers({ legacy: server('legacy'), modern: server('modern') }),
    rules: viewRules(),
  });
});
afterAll(() => gateway.stop());

const open = (revision: string, name: string): Promise<HttpRpc> =>
  openHttp(gateway.origin + SINGLE.path(name), revision, { token: TOKEN });

const tool = (rpc: HttpRpc, name: string, args: object): Promise<unknown> =>
  rpc.call('tools/call', { name, arguments: args }).then(({ message }) => message.result);

/** A call whose connection breaks after its first event with data. @returns the headers of its stream, and the id of that event */
async function broken(rpc: HttpRpc, key: string): Promise<{ headers: Record<string, unknown>; lastId: string }> {
  const abort = new AbortController();
  let seen = '';
  let headers: Record<string, unknown> = {};
  const params = { name: 'hold_with_progress', arguments: { key } };
  const stream = request(rpc.url, {
    method: 'POST',
    headers: rpc.headers('tools/call', 'hold_with_progress'),
    body: requestText(77, 'tools/call', params, rpc.revision, { meta: { progressToken: 'p' } }),
    signal: abort.signal,
    onHeaders: (got) => {
      headers = got;
    },
    onChunk(chunk) {
      seen += chunk;
      if (/^data: .+\n\n/m.test(seen)) abort.abort();
    },
  });
  await expect(stream).rejects.toThrow();
  return { headers, lastId: [...seen.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? '' };
}

const STREAM = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };

describe.each(['legacy', 'modern'])('%s server', (name) => {
  it('2025-11-25: the call goes on, and who comes back with the last id gets its result', async () => {
    const rpc = await open(LEGACY, name);
    const key = `resumed ${name}`;
    const { headers, lastId } = await broken(rpc, key);
    expect(headers).toMatchObject(STREAM);
    expect(lastId).not.toBe('');
    await tool(rpc, 'release', { key });
    const resumed = await request(rpc.url, {
      headers: { ...rpc.headers('listen'), accept: 'text/event-stream', 'last-event-id': lastId },
    });
    expect([resumed.status, resumed.headers]).toMatchObject([200, STREAM]);
    const [answer, ...more] = messagesOf(resumed.body, 'text/event-stream').map((text) => JSON.parse(text) as object);
    expect(answer).toMatchObject({ id: 77, result: { content: [{ text: `released ${key}` }] } });
    expect(more).toEqual([]);
  });

  it('2026-07-28: the call is cancelled, and there is no stream to come back to', async () => {
    const rpc = await open(MODERN, name);
    const key = `cancelled ${name}`;
    const { headers, lastId } = await broken(rpc, key);
    expect(headers).toMatchObject(STREAM);
    expect(lastId).toBe('');
    // Answered when the server was told.
    expect(await tool(rpc, 'happened', { event: `cancelled ${key}` })).toMatchObject({
      content: [{ text: `cancelled ${key}` }],
    });
    const again = await request(rpc.url, {
      headers: { ...rpc.headers('listen'), accept: 'text/event-stream', 'last-event-id': '1-1' },
    });
    expect(again.status).toBe(405);
  });
});
