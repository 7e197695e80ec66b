/** The gateway's own tools, called raw. */
import type { Answer, RequestExtras, Rpc } from './rpc.ts';

export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text?: string; readonly [key: string]: unknown }[];
  readonly isError?: boolean;
  readonly structuredContent?: unknown;
  readonly [key: string]: unknown;
}

export async function callTool(
  rpc: Rpc,
  name: string,
  args: object | string = {},
  extras?: RequestExtras,
): Promise<ToolResult> {
  return resultOf(await call(rpc, name, args, extras));
}

/** @param args JSON text stays as it is. */
export function call(rpc: Rpc, name: string, args: object | string = {}, extras?: RequestExtras): Promise<Answer> {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  return rpc.call('tools/call', `{"name":${JSON.stringify(name)},"arguments":${text}}`, extras);
}

export function resultOf(answer: Answer): ToolResult {
  if (answer.message.result === undefined) throw new Error(`No result: ${answer.text}`);
  return answer.message.result as unknown as ToolResult;
}

/** The text of the one text block that a result has. */
export function textOf(result: ToolResult): string {
  const [block, ...more] = result.content;
  if (block?.type !== 'text' || block.text === undefined || more.length > 0) {
    throw new Error(`Not one text block: ${JSON.stringify(result)}`);
  }
  return block.text;
}

/** The value in the one text block of a success of the gateway's own. */
export function dataOf(result: ToolResult): unknown {
  if (result.isError === true) throw new Error(`A failure: ${textOf(result)}`);
  return JSON.parse(textOf(result));
}

/** `{ code, message }` of a failure of the gateway's own. */
export function errorOf(result: ToolResult): { code: string; message: string } {
  if (result.isError !== true) throw new Error(`Not a failure: ${JSON.stringify(result)}`);
  const { error } = JSON.parse(textOf(result)) as { error: { code: string; message: string } };
  return error;
}

export interface Execution {
  readonly server: string;
  readonly tool: string;
  readonly args?: unknown;
  readonly agent_id?: string;
  readonly timeout_ms?: number;
}

export function execute(rpc: Rpc, execution: Execution, extras?: RequestExtras): Promise<ToolResult> {
  return callTool(rpc, 'execute_tool', execution, extras);
}

export async function executeError(rpc: Rpc, execution: Execution): Promise<string> {
  return errorOf(await execute(rpc, execution)).code;
}

export async function executeText(rpc: Rpc, execution: Execution): Promise<string> {
  const result = await execute(rpc, execution);
  if (result.isError === true) throw new Error(`A failure: ${textOf(result)}`);
  return textOf(result);
}

/** Names of the servers that an agent sees. */
export async function listServers(rpc: Rpc, agent?: string): Promise<string[]> {
  const list = dataOf(await callTool(rpc, 'list_servers', agent === undefined ? {} : { agent_id: agent }));
  return (list as { name: string }[]).map(({ name }) => name);
}

export interface ToolListing {
  readonly tools: readonly { readonly name: string; readonly description: string; readonly inputSchema: object }[];
  readonly server: string;
  readonly total_available: number;
  readonly returned: number;
  readonly tokens_used: number;
}

export async function getTools(rpc: Rpc, args: object): Promise<ToolListing> {
  return dataOf(await callTool(rpc, 'get_server_tools', args)) as ToolListing;
}

/** Names of the tools that `tools/list` offers. */
export async function toolNames(rpc: Rpc): Promise<string[]> {
  const { message, text } = await rpc.call('tools/list');
  if (message.result === undefined) throw new Error(`No result: ${text}`);
  return (message.result['tools'] as { name: string }[]).map(({ name }) => name);
}
