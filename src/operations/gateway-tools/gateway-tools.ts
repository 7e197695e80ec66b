import type { GatewayTool } from '../operation.ts';
import { executeTool, splitTools } from './execute-tool.ts';
import { getGatewayStatus } from './get-gateway-status.ts';
import { getServerTools } from './get-server-tools.ts';
import { listServers } from './list-servers.ts';
import { readResult } from './read-result.ts';
import { runCode } from './run-code.ts';
import { searchTools } from './search-tools.ts';

/** The tools that agents see, in the order in which they are used; each agent has `execute_tool` or those in its place. */
export function gatewayTools(options: { debug: boolean }): readonly GatewayTool[] {
  const tools = [searchTools, listServers, getServerTools, executeTool, ...splitTools, runCode, readResult];
  return options.debug ? [...tools, getGatewayStatus] : tools;
}
