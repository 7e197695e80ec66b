/** The state of the gateway, for those who watch it: `/ready`, `/ready?verbose` and `/metrics`. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { refusal } from '../../mcp/response.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { sendJson } from './mcp-reply.ts';

export interface StateOptions {
  readonly ready: () => boolean;
  /** The version of the configuration in force, where it is told. */
  readonly configuration: () => string | undefined;
  /** The state of each server that the connection may know, for `/ready?verbose`. */
  readonly servers: (connection: Connection) => Promise<readonly object[]>;
  readonly metrics: (
    accept: string | undefined,
    connection: Connection,
  ) => Promise<{ readonly type: string; readonly text: string }>;
  readonly failed: (error: unknown) => void;
}

export function sendReadiness(
  options: Pick<StateOptions, 'ready' | 'configuration'>,
  response: ServerResponse,
  more: object = {},
  headers: OutgoingHttpHeaders = {},
): void {
  const isReady = options.ready();
  const status = isReady ? 'ready' : 'not ready';
  const text = JSON.stringify({ status, configuration: options.configuration(), ...more });
  sendJson(response, { status: isReady ? 200 : 503, text }, headers);
}

/** `/ready?verbose` names servers, so it needs a credential like everything else that does. */
export function isVerbose(url: string | undefined): boolean {
  return /[?&]verbose(?:[=&]|$)/.test(url ?? '');
}

export async function sendServers(
  options: StateOptions,
  response: ServerResponse,
  connection: Connection,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  try {
    sendReadiness(options, response, { servers: await options.servers(connection) }, headers);
  } catch (error) {
    options.failed(error);
    if (!response.headersSent) sendJson(response, refusal('null', 'INTERNAL', 'The servers could not be asked for.'));
  }
}

export async function sendMetrics(
  options: StateOptions,
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  try {
    const { type, text } = await options.metrics(request.headers.accept, connection);
    response.writeHead(200, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  } catch (error) {
    options.failed(error);
    if (!response.headersSent) sendJson(response, refusal('null', 'INTERNAL', 'The metrics could not be collected.'));
  }
}
