import { expect, it, vi } from 'vitest';
import { parseMessage, type ResponseMessage } from '../../protocol/json-rpc.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { ResourceSubscriptions } from './resource-subscriptions.ts';

function response(rest: object): ResponseMessage {
  const message = parseMessage(JSON.stringify({ jsonrpc: '2.0', id: 1, ...rest }), 'server');
  if (message.kind !== 'response') throw new Error(message.kind);
  return message;
}

const OK = response({ result: {} });
const REFUSAL = response({ error: { code: -32602, message: 'no' } });

function create() {
  const requests: string[] = [];
  const call = vi.fn(async (method: string, params: string) => {
    requests.push(`${method} ${params}`);
    return OK;
  });
  return { subscriptions: new ResourceSubscriptions({ call }), call, requests };
}

it('asks a server of 2025 once for each resource, and ends it with the last who asked', async () => {
  const { subscriptions, requests } = create();
  expect(await Promise.all([subscriptions.add('a:b'), subscriptions.add('a:b')])).toMatchObject([
    { ok: true },
    { ok: true },
  ]);
  await subscriptions.remove('a:b');
  expect(requests).toEqual(['resources/subscribe "uri":"a:b"']);
  await subscriptions.remove('a:b');
  expect(requests).toEqual(['resources/subscribe "uri":"a:b"', 'resources/unsubscribe "uri":"a:b"']);
  await subscriptions.remove('a:b');
  expect(requests).toHaveLength(2);
});

it('gives everybody who waits the same refusal, and asks again after it', async () => {
  const { subscriptions, call, requests } = create();
  const answer = createDeferred<ResponseMessage>();
  call.mockImplementationOnce(() => answer.promise);
  const replies = [subscriptions.add('a:b'), subscriptions.add('a:b')];
  answer.resolve(REFUSAL);
  expect(await Promise.all(replies)).toMatchObject([{ ok: false }, { ok: false }]);
  expect((await subscriptions.add('a:b')).ok).toBe(true);
  expect(requests).toHaveLength(1);
});

it('forgets a resource that could not be asked for', async () => {
  const { subscriptions, call } = create();
  call.mockRejectedValueOnce(new Error('lost'));
  await expect(subscriptions.add('a:b')).rejects.toThrow('lost');
  await subscriptions.add('a:b');
  expect(call).toHaveBeenCalledTimes(2);
});

it('asks again for all of them when the session is new', async () => {
  const { subscriptions, requests } = create();
  await subscriptions.add('a:b');
  await subscriptions.add('c:d');
  subscriptions.renew();
  expect(requests.slice(2)).toEqual(['resources/subscribe "uri":"a:b"', 'resources/subscribe "uri":"c:d"']);
});

it('tells a modern server all of them with the request that listens', async () => {
  const { subscriptions, call } = create();
  const setResources = vi.fn();
  subscriptions.listenRequest = { setResources, heard() {}, watchTask: vi.fn() };
  await subscriptions.add('a:b');
  await subscriptions.add('c:d');
  await subscriptions.remove('a:b');
  subscriptions.renew();
  expect(setResources.mock.calls).toEqual([[['a:b']], [['a:b', 'c:d']], [['c:d']]]);
  expect(call).not.toHaveBeenCalled();
});
