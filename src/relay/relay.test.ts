import { expect, it } from 'vitest';
import type { Link, Reply } from '../downstream/types.ts';
import { Canceller } from '../shared/cancel.ts';
import type { Client } from './client.ts';
import { createParking } from './parking.ts';
import { type RelayContext, relay } from './relay.ts';

const REPLY: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};
const REQUEST = { server: 'logs', method: 'tools/call', params: '"name":"work"', timeoutMs: 1000 };

function contextOf(logLevel: string): RelayContext {
  const client: Client = {
    era: 'legacy',
    session: 'one',
    capabilities: '{}',
    requestCapabilities: '{}',
    header: () => undefined,
    logLevel,
    ask: undefined,
    tell: () => {},
    retry: undefined,
  };
  const parking = createParking();
  return {
    client,
    signal: new Canceller(),
    onProgress: undefined,
    meta: '',
    parking,
    owner: 'me',
    permitted: () => true,
    taskOf: () => undefined,
  };
}

it('a server of 2025 is told which level is wanted when that changes, not at every lease of its connection', async () => {
  const sent: string[] = [];
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
  const lease = (): Link => ({
    facts,
    closed: false,
    request: async (method, params) => {
      sent.push(method === 'logging/setLevel' ? params : method);
      return REPLY;
    },
    subscribeResource: async () => REPLY,
    unsubscribeResource: async () => REPLY,
    close: async () => {},
  });
  for (const level of ['error', 'error', 'debug']) await relay(contextOf(level), lease(), REQUEST);
  expect(sent).toEqual(['"level":"error"', 'tools/call', 'tools/call', '"level":"debug"', 'tools/call']);
});
