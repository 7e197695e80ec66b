/** A small MCP server over stdio (2025-11-25): what the demo has behind the gateway. */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { LATEST_LEGACY } from '../../protocol/revisions.ts';
import { GatewayError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { DEMO_SERVERS } from './servers/all.ts';
import type { Args, DemoServer } from './tool.ts';

interface Request {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Args };
}

/** Serves until stdin ends. @throws GatewayError USAGE where there is no such server */
export function serveDemoServer(name: string): void {
  const server = DEMO_SERVERS.find((candidate) => candidate.name === name);
  if (server === undefined) {
    const names = DEMO_SERVERS.map((candidate) => candidate.name).join(', ');
    throw new GatewayError('USAGE', `There is no demo server "${name}": choose one of ${names}.`);
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line) as Request;
    if (id === undefined) return;
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer(server, method, params) })}\n`);
  });
}

function answer(server: DemoServer, method: string | undefined, params: Request['params']): object {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: LATEST_LEGACY,
          capabilities: { tools: {} },
          serverInfo: { name: `demo-${server.name}`, version: VERSION },
        },
      };
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return { result: { tools: server.tools.map(({ definition }) => definition) } };
    case 'tools/call':
      return callTool(server, params?.name, params?.arguments ?? {});
    default:
      return { error: { code: -32601, message: `Method not found: ${method}` } };
  }
}

function callTool(server: DemoServer, name: string | undefined, args: Args): object {
  const found = server.tools.find(({ definition }) => definition.name === name);
  if (found === undefined) return { error: { code: -32602, message: `Unknown tool: ${name}` } };
  try {
    return { result: textResult(JSON.stringify(found.run(args))) };
  } catch (error) {
    if (error instanceof GatewayError) return { result: { ...textResult(error.message), isError: true } };
    throw error;
  }
}

function textResult(text: string): { content: readonly object[] } {
  return { content: [{ type: 'text', text }] };
}
