import { expect, it } from 'vitest';
import { type NotificationMessage, parseMessage } from '../../protocol/json-rpc.ts';
import { createDeferred } from '../../shared/deferred.ts';
import type { ServerFacts } from '../contract.ts';
import { keepListening } from './listen-request.ts';

const ACK = {
  kind: 'notification',
  method: 'notifications/subscriptions/acknowledged',
  text: '{}',
  params: undefined,
} as NotificationMessage;

/** A server that says nothing by itself. @param most subscriptions that it keeps at a time; it refuses others */
function start(most = Number.POSITIVE_INFINITY) {
  const open: { params: string; signal: AbortSignal }[] = [];
  const peer = {
    closeReason: undefined,
    call: (_method: string, params: string, { signal }: { signal: AbortSignal }) => {
      if (open.filter((one) => !one.signal.aborted).length >= most) return Promise.resolve({ error: { code: -32600 } });
      const over = createDeferred<never>();
      open.push({ params, signal });
      signal.addEventListener('abort', () => over.reject(new Error('aborted')));
      return over.promise;
    },
  };
  const log = { debug() {}, info() {}, warn() {} };
  const facts = { capabilities: { resources: { subscribe: true } } } as unknown as ServerFacts;
  return { open, listening: keepListening(peer as unknown as Parameters<typeof keepListening>[0], log, 's', facts) };
}

it('a subscription ends when the server has agreed to the next one: nothing is missed in between', async () => {
  const { open, listening } = start();
  const first = listening.setResources(['a:a']);
  listening.heard(ACK);
  await first;
  const second = listening.setResources(['a:a', 'a:b']);
  expect(open.map(({ params, signal }) => [params, signal.aborted])).toEqual([
    ['"notifications":{"resourceSubscriptions":["a:a"]}', false],
    ['"notifications":{"resourceSubscriptions":["a:a","a:b"]}', false],
  ]);
  listening.heard(ACK);
  await second;
  expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

it('two that are asked for at once are agreed to one after the other', async () => {
  const { open, listening } = start();
  const both = [listening.setResources(['a:a']), listening.setResources(['a:a', 'a:b'])];
  listening.heard(ACK);
  await both[0];
  expect(open.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  listening.heard(ACK);
  await both[1];
  expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

it('a server that keeps one subscription at a time gets the next one when the former has ended', async () => {
  const { open, listening } = start(1);
  const first = listening.setResources(['a:a']);
  listening.heard(ACK);
  await first;
  const second = listening.setResources(['a:b']);
  await expect.poll(() => open.length).toBe(2);
  listening.heard(ACK);
  await second;
  expect(open.map(({ params, signal }) => [params, signal.aborted])).toEqual([
    ['"notifications":{"resourceSubscriptions":["a:a"]}', true],
    ['"notifications":{"resourceSubscriptions":["a:b"]}', false],
  ]);
});

it('a server that refuses is not asked for ever', async () => {
  const { open, listening } = start(0);
  await listening.setResources(['a:a']);
  await listening.setResources(['a:b']);
  expect(open).toEqual([]);
});

it('listens to tasks that the server agrees to tell of, until they have ended', async () => {
  const { open, listening } = start();
  const said = (method: string, params: object): NotificationMessage =>
    parseMessage(JSON.stringify({ jsonrpc: '2.0', method, params }), 'server') as NotificationMessage;
  const agree = (taskIds?: readonly string[]): void =>
    listening.heard(said('notifications/subscriptions/acknowledged', { notifications: { taskIds } }));
  const watching = listening.watchTask('1');
  agree(['1']);
  expect(await watching).toBe(true);
  for (const agreed of [undefined, ['1']]) {
    const refused = listening.watchTask('2');
    agree(agreed);
    expect(await refused).toBe(false);
  }
  listening.heard(said('notifications/tasks', { taskId: '1', status: 'completed' }));
  void listening.watchTask('3');
  expect(open.map(({ params }) => params)).toEqual([
    '"notifications":{"taskIds":["1"]}',
    ...Array(2).fill('"notifications":{"taskIds":["1","2"]}'),
    '"notifications":{"taskIds":["3"]}',
  ]);
});
