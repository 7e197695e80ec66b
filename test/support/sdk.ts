/** The official clients, old and new, behind one small interface. */

import process from 'node:process';
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Home } from './home.ts';
import { program } from './paths.ts';
import { MODERN } from './rpc.ts';
import type { ToolResult } from './tools.ts';

export interface SdkClient {
  readonly revision: string | undefined;
  listTools(): Promise<string[]>;
  callTool(name: string, args: Record<string, unknown>, onProgress?: (progress: number) => void): Promise<ToolResult>;
  close(): Promise<void>;
}

/** Where the client goes: a gateway that runs, or one that it starts itself. */
export type Target = { readonly url: string; readonly token: string } | { readonly home: Home };

const INFO = { name: 'e2e', version: '1.0.0' };

export async function sdkV2(target: Target, revision: string): Promise<SdkClient> {
  const client = new ClientV2(INFO, {
    supportedProtocolVersions: [revision],
    ...(revision === MODERN ? { versionNegotiation: { mode: { pin: revision } } } : {}),
  });
  const http =
    'url' in target ? new HttpV2(new URL(target.url), { requestInit: authorization(target.token) }) : undefined;
  await client.connect(http ?? new StdioV2(stdioParameters(target)));
  return {
    revision: client.getNegotiatedProtocolVersion(),
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    callTool: async (name, args, onProgress) =>
      (await client.callTool(
        { name, arguments: args },
        onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) },
      )) as unknown as ToolResult,
    async close() {
      await http?.terminateSession();
      await client.close();
    },
  };
}

export async function sdkV1(target: Target, revision: string): Promise<SdkClient> {
  const client = new ClientV1(INFO);
  const http =
    'url' in target ? new HttpV1(new URL(target.url), { requestInit: authorization(target.token) }) : undefined;
  const transport = (http ?? new StdioV1(stdioParameters(target))) as TransportV1;
  let negotiated: string | undefined;
  askFor(transport, revision, (version) => {
    negotiated = version;
  });
  await client.connect(transport);
  return {
    revision: negotiated,
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    callTool: async (name, args, onProgress) =>
      (await client.callTool(
        { name, arguments: args },
        undefined,
        onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) },
      )) as unknown as ToolResult,
    async close() {
      await http?.terminateSession();
      await client.close();
    },
  };
}

/** SDK v1 always asks for its newest revision; this asks for another in its place. */
function askFor(transport: TransportV1, revision: string, negotiated: (version: string) => void): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if ('method' in message && message.method === 'initialize') {
      return send({ ...message, params: { ...message.params, protocolVersion: revision } }, options);
    }
    return send(message, options);
  };
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    negotiated(version);
    tell?.(version);
  };
}

function authorization(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

function stdioParameters(target: Target): {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  stderr: 'ignore';
} {
  if (!('home' in target)) throw new Error('Only a home can be started.');
  const { home } = target;
  return {
    command: process.execPath,
    args: [...program],
    env: { ...home.env, GATEWAY_INIT_STRATEGY: 'lazy' },
    cwd: home.cwd,
    stderr: 'ignore',
  };
}
