/** An agent of the demo: an MCP client that counts what a model would have to read to find its tools. */
import { estimateTokens } from '../../catalog/estimate-tokens.ts';

/** Sends one request and gives the `result`. @throws GatewayError INTERNAL for an error of the protocol */
export type Send = (method: string, params: Record<string, unknown>) => Promise<unknown>;

export interface DemoAgent {
  readonly name: string;
  /** Names of the tools that the gateway offers. */
  tools(): Promise<readonly string[]>;
  /** Calls one of the gateway's tools to find something out; its arguments and its answer count as loaded. */
  find<T>(tool: string, args: Record<string, unknown>): Promise<T>;
  /** Calls a tool of a server. What it answers costs the same without a gateway, so it does not count. */
  execute(server: string, tool: string, args: Record<string, unknown>): Promise<DemoCall>;
  /** Runs a program of several calls (`run_code`). */
  run(code: string): Promise<DemoCall>;
  /** Estimated tokens of everything that was loaded so far. */
  loaded(): number;
}

export interface DemoCall {
  readonly text: string;
  /** Set where the gateway refused or failed. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

interface ToolResult {
  readonly content: readonly { readonly text?: string }[];
  readonly isError?: boolean;
}

export function createAgent(name: string, send: Send): DemoAgent {
  let loaded = 0;
  const read = (text: string): void => {
    loaded += estimateTokens(text);
  };
  const call = async (tool: string, args: Record<string, unknown>): Promise<{ text: string; failed: boolean }> => {
    const { content, isError } = (await send('tools/call', { name: tool, arguments: args })) as ToolResult;
    return { text: content.map(({ text }) => text ?? '').join('\n'), failed: isError === true };
  };
  const told = async (tool: string, args: Record<string, unknown>): Promise<DemoCall> => {
    const { text, failed } = await call(tool, args);
    const { error } = failed ? (JSON.parse(text) as { error: DemoCall['error'] }) : {};
    return { text, error };
  };
  return {
    name,
    async tools() {
      const { tools } = (await send('tools/list', {})) as { tools: readonly { name: string }[] };
      read(JSON.stringify(tools));
      return tools.map((tool) => tool.name);
    },
    async find<T>(tool: string, args: Record<string, unknown>) {
      const { text } = await call(tool, args);
      read(JSON.stringify(args));
      read(text);
      return JSON.parse(text) as T;
    },
    execute: (server, tool, args) => told('execute_tool', { server, tool, args }),
    run: (code) => told('run_code', { code }),
    loaded: () => loaded,
  };
}
