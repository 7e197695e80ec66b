import { expect, it } from 'vitest';
import { noTimes } from '../observe/call-times.ts';
import { Canceller } from '../shared/cancel.ts';
import type { ClientAnswer, Reply, RequestOptions, UpstreamConnection } from '../upstream/contract.ts';
import type { CallingClient } from './calling-client.ts';
import { createParkedConversations } from './parked-conversations.ts';
import { type RelayContext, relay, resume } from './relay-request.ts';

const REPLY: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};
const REQUEST = { server: 'logs', method: 'tools/call', params: '"name":"work"', timeoutMs: 1000 };

function contextOf(more: Partial<CallingClient>): RelayContext {
  const client: CallingClient = {
    name: () => undefined,
    era: 'legacy',
    session: 'one',
    capabilities: '{}',
    requestCapabilities: '{}',
    header: () => undefined,
    logLevel: undefined,
    ask: undefined,
    tell: () => {},
    retry: undefined,
    ...more,
  };
  const parking = createParkedConversations();
  return {
    client,
    signal: new Canceller(),
    onProgress: undefined,
    times: noTimes(),
    meta: '',
    parking,
    ownerAndAgent: 'me',
    owner: 'me',
    permission: () => () => true,
    taskOf: () => undefined,
  };
}

/** A connection to a server of 2025. */
function linkOf(request: UpstreamConnection['request']): UpstreamConnection {
  const facts = {
    era: 'legacy',
    revision: '2025-11-25',
    name: undefined,
    version: undefined,
    info: {},
    instructions: undefined,
    capabilities: { logging: {} },
    text: '{}',
  } as const;
  return {
    facts,
    closed: false,
    request,
    subscribeResource: async () => REPLY,
    unsubscribeResource: async () => REPLY,
    watchTask: async () => false,
    close: async () => {},
  };
}

/** A connection whose server asks something and answers nothing, and what it was sent. */
function askingLink() {
  const sent: { signal?: RequestOptions['signal'] } = {};
  const link = linkOf(
    (_method, _params, { signal, onRequest }) =>
      new Promise((_resolve, reject) => {
        sent.signal = signal;
        signal?.addEventListener('abort', () => reject(signal.reason));
        void onRequest?.({ method: 'elicitation/create', params: '"message":"m"', withdrawn: new Canceller() });
      }),
  );
  return { link, sent };
}

const MODERN = { era: 'modern', session: undefined, capabilities: '{"elicitation":{}}' } as const;

it('a server of 2025 is told which level is wanted when that changes, not at every lease of its connection', async () => {
  const sent: string[] = [];
  const { facts } = linkOf(async () => REPLY);
  const lease = (): UpstreamConnection => ({
    ...linkOf(async (method, params) => {
      sent.push(method === 'logging/setLevel' ? params : method);
      return REPLY;
    }),
    facts,
  });
  for (const logLevel of ['error', 'error', 'debug']) await relay(contextOf({ logLevel }), lease(), REQUEST);
  expect(sent).toEqual(['"level":"error"', 'tools/call', 'tools/call', '"level":"debug"', 'tools/call']);
});

it('a call that its caller gave up before it was sent is not sent', async () => {
  const signal = new Canceller();
  const context = { ...contextOf({ ...MODERN, logLevel: 'error' }), signal };
  const sent: string[] = [];
  const link = linkOf(async (method) => {
    sent.push(method);
    signal.abort(new Error('gone'));
    return REPLY;
  });
  await expect(relay(context, link, REQUEST)).rejects.toThrow('gone');
  expect(sent).toEqual(['logging/setLevel']);
});

it('a call that waited ends with the caller that came back and is gone again', async () => {
  const { link, sent } = askingLink();
  const context = contextOf(MODERN);
  const asked = await relay(context, link, REQUEST);
  if (asked.kind !== 'result') throw new Error(asked.message);
  const { requestState } = JSON.parse(asked.body.text) as { requestState: string };
  const signal = new Canceller();
  signal.abort(new Error('gone'));
  const client = { ...context.client, retry: { requestState, inputResponses: undefined } };
  await expect(resume({ ...context, client, signal }, REQUEST)).rejects.toThrow('gone');
  expect(sent.signal?.aborted).toBe(true);
});

it('a call that waits ends with a caller that leaves before it has the handle', async () => {
  const { link, sent } = askingLink();
  const signal = new Canceller();
  const context = { ...contextOf(MODERN), signal };
  await relay(context, link, REQUEST);
  expect([sent.signal?.aborted, context.parking.size]).toEqual([false, 1]);
  signal.abort(new Error('gone'));
  expect([sent.signal?.aborted, context.parking.size]).toEqual([true, 0]);
});

it('what must not be answered with `input_required` asks no caller of 2026-07-28', async () => {
  const askable = async (method: string, client: Partial<CallingClient>): Promise<boolean> => {
    let asks = false;
    const link = linkOf(async (_method, _params, { onRequest }) => {
      asks = onRequest !== undefined;
      return REPLY;
    });
    await relay(contextOf(client), link, { ...REQUEST, method });
    return asks;
  };
  expect(await askable('completion/complete', MODERN)).toBe(false);
  expect(await askable('prompts/get', MODERN)).toBe(true);
  expect(await askable('completion/complete', {})).toBe(true);
});

it('a question about a task of somebody else is not put to this caller', async () => {
  const outcomes: (ClientAnswer | undefined)[] = [];
  const asked: string[] = [];
  const ask = async (method: string): Promise<ClientAnswer> => {
    asked.push(method);
    return { ok: true, result: '{}' };
  };
  const link = linkOf(async (_method, _params, { onRequest }) => {
    for (const task of ['own', 'foreign']) {
      const params = `"message":"m","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"${task}"}}`;
      outcomes.push(await onRequest?.({ method: 'elicitation/create', params, withdrawn: new Canceller() }));
    }
    return REPLY;
  });
  const context = {
    ...contextOf({ capabilities: '{"elicitation":{}}', ask }),
    taskOf: (_: string, id: string) => (id === 'own' ? 'task_1' : undefined),
  };
  await relay(context, link, REQUEST);
  expect(outcomes).toMatchObject([{ ok: true }, { ok: false, code: -32601 }]);
  expect(asked).toHaveLength(1);
});
