import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { Exchange, McpHandler } from '../../mcp/handler.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { parseMessage } from '../../protocol/json-rpc.ts';
import { UNBOUNDED } from '../../shared/byte-budget.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { ModernEndpoint } from './modern-endpoint.ts';

it('cancels a request whose caller left before anybody looked at it', () => {
  const request = new IncomingMessage(new Socket());
  request.headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
  const response = new ServerResponse(request);
  response.destroy();
  const message = parseMessage('{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}', 'caller');
  if (message.kind !== 'request') throw new Error(message.kind);
  let isAborted: boolean | undefined;
  const handler: Pick<McpHandler, 'modern'> = {
    modern(_message, { signal }: Exchange) {
      isAborted = signal.aborted;
      return { text: '{}', status: 200 };
    },
  };
  const post = {
    request,
    response,
    connection: {} as Connection,
    server: undefined,
    headers: {},
    budget: UNBOUNDED,
    accept: { json: true, events: true },
  };
  const credentialExpiry = { add: () => 0, remove: () => {} } as Partial<CredentialExpiry> as CredentialExpiry;
  new ModernEndpoint(handler as McpHandler, credentialExpiry).answer(post, message, '2026-07-28');
  expect(isAborted).toBe(true);
});
