import { expect, it } from 'vitest';
import { createDeferred } from '../../shared/deferred.ts';
import type { ServerFacts } from '../contract.ts';
import { keepListening } from './listen-request.ts';

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
  listening.acknowledged();
  await first;
  const second = listening.setResources(['a:a', 'a:b']);
  expect(open.map(({ params, signal }) => [params, signal.aborted])).toEqual([
    ['"notifications":{"resourceSubscriptions":["a:a"]}', false],
    ['"notifications":{"resourceSubscriptions":["a:a","a:b"]}', false],
  ]);
  listening.acknowledged();
  await second;
  expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

it('two that are asked for at once are agreed to one after the other', async () => {
  const { open, listening } = start();
  const both = [listening.setResources(['a:a']), listening.setResources(['a:a', 'a:b'])];
  listening.acknowledged();
  await both[0];
  expect(open.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  listening.acknowledged();
  await both[1];
  expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

it('a server that keeps one subscription at a time gets the next one when the former has ended', async () => {
  const { open, listening } = start(1);
  const first = listening.setResources(['a:a']);
  listening.acknowledged();
  await first;
  const second = listening.setResources(['a:b']);
  await expect.poll(() => open.length).toBe(2);
  listening.acknowledged();
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
