import { expect, it } from 'vitest';
import { parseMessage, type RequestMessage } from '../protocol/json-rpc.ts';
import { unfailing } from './always-answer.ts';
import type { Exchange, McpHandler } from './handler.ts';
import type { SessionState } from './session.ts';

function requestOf(id: unknown): RequestMessage {
  const message = parseMessage(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' }), 'caller');
  if (message.kind !== 'request') throw new Error(message.kind);
  return message;
}

function failingWith(error: unknown): { protocol: McpHandler; logged: object[] } {
  const fail = (): never => {
    throw error;
  };
  const logged: object[] = [];
  const later = async (): Promise<never> => fail();
  const protocol: McpHandler = { initialize: later, legacy: later, modern: fail, listen: fail, notified: fail };
  return { protocol: unfailing(protocol, { error: (fields: unknown) => void logged.push(fields as object) }), logged };
}

const exchange = {} as Exchange;
const session = {} as SessionState;

it.each([
  ['an error', new TypeError('x is not a function')],
  ['a text', 'broken'],
  ['nothing', undefined],
])('%s that is thrown becomes an answer under the id of its request, and a line of the log', async (_what, error) => {
  const { protocol, logged } = failingWith(error);
  for (const id of [7, 'seven']) {
    const request = requestOf(id);
    const answers = [
      await protocol.initialize(request, exchange),
      await protocol.legacy(request, exchange, session),
      await protocol.modern(request, exchange),
    ];
    for (const { text } of answers) {
      expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32603 } });
      expect(text).not.toContain('not a function');
    }
  }
  protocol.notified(session, exchange, { method: 'notifications/x' } as never);
  expect(logged).toHaveLength(7);
});
