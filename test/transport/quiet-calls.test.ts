/** Calls over HTTP that take long and say nothing: clients and proxies give up on requests that get no headers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { type HttpReply, type HttpRpc, messagesOf, openHttp, request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { MODERN, type RpcMessage, requestText } from '../support/rpc.ts';
import { DIRECT, DISCOVERY, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({
    servers: servers({ slow: fixture('slow'), frail: fixture('slow'), brittle: fixture('slow') }),
    rules: viewRules(),
  });
});
afterAll(() => gateway.stop());

/** A call that is under way. */
interface Quiet {
  /** The type of its answer, as soon as the headers are there. */
  readonly opened: Promise<string | undefined>;
  readonly reply: Promise<HttpReply>;
  /** Calls a tool of the same server, beside it. */
  beside(tool: string, args?: object): Promise<unknown>;
}

const ID = 77;

async function quiet(
  [revision, view, server = 'slow']: [string, View, string?],
  tool: string,
  args: object,
  accept?: string,
): Promise<Quiet> {
  const rpc = await openHttp(gateway.origin + view.path(server), revision, { token: view.token });
  const params = view.call(server, tool, args);
  const headers = { ...rpc.headers('tools/call', String(params['name'])), ...(accept && { accept }) };
  const { opened, reply } = posted(rpc, headers, requestText(ID, 'tools/call', params, revision));
  return { opened, reply, beside: (other, more = {}) => rpc.call('tools/call', view.call(server, other, more)) };
}

function posted(rpc: HttpRpc, headers: Record<string, string>, body: string): Pick<Quiet, 'opened' | 'reply'> {
  let reply: Promise<HttpReply> = Promise.reject(new Error('not sent'));
  reply.catch(() => {});
  const opened = new Promise<string | undefined>((resolve, reject) => {
    reply = request(rpc.url, { method: 'POST', headers, body, onHeaders: (got) => resolve(got['content-type']) });
    reply.catch(reject);
  });
  return { opened, reply };
}

async function answerOf({ reply }: Quiet): Promise<RpcMessage> {
  const { status, body, headers } = await reply;
  expect(status).toBe(200);
  const [text = '', ...more] = messagesOf(body, headers['content-type']);
  expect(more).toEqual([]);
  return JSON.parse(text) as RpcMessage;
}

const STREAM = 'text/event-stream';

describe.concurrent.each(VIEWS)('in the $name view', (view) => {
  it.concurrent.each(['2025-03-26', '2025-06-18', '2025-11-25', MODERN])(
    'the headers come before the answer, a comment after them: %s',
    async (revision) => {
      const key = `${view.name} ${revision}`;
      const call = await quiet([revision, view], 'wait', { key });
      expect(await call.opened).toBe(STREAM);
      await call.beside('release', { key });
      expect(await answerOf(call)).toMatchObject({ id: ID, result: { content: [{ text: `released ${key}` }] } });
      expect((await call.reply).body).toContain(':\n\n');
    },
  );
});

describe.concurrent('a caller', () => {
  it.concurrent.each(['2025-11-25', MODERN])('that reads no streams gets its JSON: %s', async (revision) => {
    const [key, other] = [`json ${revision}`, `beside json ${revision}`];
    const plain = await quiet([revision, DISCOVERY], 'wait', { key }, 'application/json');
    const streamed = await quiet([revision, DISCOVERY], 'wait', { key: other });
    expect(await streamed.opened).toBe(STREAM);
    await plain.beside('release', { key });
    expect(await plain.opened).toBe('application/json');
    expect(await answerOf(plain)).toMatchObject({ result: { content: [{ text: `released ${key}` }] } });
    await plain.beside('release', { key: other });
    await streamed.reply;
  });

  it.concurrent.each([
    ['application/json, text/event-stream', 'application/json'],
    ['application/json', 'application/json'],
    ['text/event-stream', STREAM],
  ])('that accepts %s gets a short answer as %s', async (accept, type) => {
    const call = await quiet([MODERN, DIRECT], 'release', { key: 'nothing' }, accept);
    expect(await call.opened).toBe(type);
    expect(await answerOf(call)).toMatchObject({ result: { content: [{ text: 'no' }] } });
  });

  it.concurrent.each([
    ['2025-11-25', 'frail'],
    [MODERN, 'brittle'],
  ])('is told of a late failure in the stream: %s', async (revision, server) => {
    const call = await quiet([revision, SINGLE, server], 'wait', { key: 'never' });
    expect(await call.opened).toBe(STREAM);
    await call.beside('crash');
    expect(await answerOf(call)).toMatchObject({ id: ID, result: { isError: true } });
  });
});
