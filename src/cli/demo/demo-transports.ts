/** The two ways to a gateway, each in one of the two eras of the protocol. */
import { createInterface } from 'node:readline';
import {
  LATEST_LEGACY,
  LATEST_MODERN,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_VERSION,
} from '../../protocol/revisions.ts';
import { GatewayError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import type { Send } from './agent.ts';
import type { Program } from './gateway-process.ts';

const CLIENT = { name: 'demo', version: VERSION };

interface Response {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Streamable HTTP as of 2026-07-28: every request for itself, its version in `_meta` and in headers. */
export function overHttp(url: string, token: string): Send {
  let id = 0;
  return async (method, params) => {
    const meta = { [META_VERSION]: LATEST_MODERN, [META_CLIENT_INFO]: CLIENT, [META_CLIENT_CAPABILITIES]: {} };
    const name = typeof params['name'] === 'string' ? { 'mcp-name': params['name'] } : {};
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${token}`,
        'mcp-protocol-version': LATEST_MODERN,
        'mcp-method': method,
        ...name,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: meta } }),
    });
    return resultOf(method, (await response.json()) as Response);
  };
}

/** stdio as of 2025-11-25: one `initialize`, then requests. */
export async function overStdio({ stdin, stdout }: Program): Promise<Send> {
  let id = 0;
  const waiting = new Map<unknown, (response: Response) => void>();
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    const response = JSON.parse(line) as Response;
    waiting.get(response.id)?.(response);
    waiting.delete(response.id);
  });
  lines.once('close', () => {
    for (const answer of waiting.values()) answer({ error: { message: 'The gateway ended.' } });
  });
  const write = (message: object): void => void stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const send: Send = (method, params) => {
    const own = ++id;
    const answered = new Promise<Response>((resolve) => waiting.set(own, resolve));
    write({ id: own, method, params });
    return answered.then((response) => resultOf(method, response));
  };
  await send('initialize', { protocolVersion: LATEST_LEGACY, capabilities: {}, clientInfo: CLIENT });
  write({ method: 'notifications/initialized' });
  return send;
}

function resultOf(method: string, { result, error }: Response): unknown {
  if (result !== undefined) return result;
  throw new GatewayError('INTERNAL', `${method} failed in the demo: ${error?.message ?? 'there was no answer'}`);
}
