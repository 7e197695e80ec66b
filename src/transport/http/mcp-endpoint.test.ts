import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import type { McpHandler } from '../../mcp/handler.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { CredentialExpiry } from './credential-expiry.ts';
import { McpEndpoint } from './mcp-endpoint.ts';
import type { Sessions } from './sessions.ts';

it('begins nothing after it was aborted, though its body comes only then', async () => {
  const modern = vi.fn(() => ({ text: '{}', status: 200 }));
  const endpoint = new McpEndpoint({
    handler: { modern } as Partial<McpHandler> as McpHandler,
    sessions: { closeAll: () => {} } as Partial<Sessions> as Sessions,
    credentialExpiry: {
      add: () => 0,
      remove: () => {},
      abort: () => {},
    } as Partial<CredentialExpiry> as CredentialExpiry,
    maxMessageBytes: 1000,
    open: () => true,
    failed: (error) => expect(error).toBeUndefined(),
  });
  const post = async (abort: boolean): Promise<number> => {
    const request = new IncomingMessage(new Socket());
    request.method = 'POST';
    request.headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    };
    const response = new ServerResponse(request);
    endpoint.handle(request, response, {} as Connection, undefined, {});
    if (abort) endpoint.abort(new GatewayError('SHUTTING_DOWN', 'It is over.'));
    const meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}';
    request.push(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${meta}}}`);
    request.push(null);
    await endpoint.idle();
    return response.statusCode;
  };
  expect(await post(false)).toBe(200);
  expect(modern).toHaveBeenCalledOnce();
  expect(await post(true)).toBe(503);
  expect(modern).toHaveBeenCalledOnce();
});
