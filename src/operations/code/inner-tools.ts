/** The gateway tools behind what a program asks for. They are those of agents, with results that need not fit a context. */
import { EXECUTE_ANY } from '../../policy/executors.ts';
import { noToolLike, notListed } from '../call-server-tool.ts';
import { executeExplained, readExecution } from '../gateway-tools/execute-tool.ts';
import { inputSchema } from '../gateway-tools/input-schema.ts';
import { searchTools } from '../gateway-tools/search-tools.ts';
import type { GatewayTool, ToolContext } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { toolListOf } from '../virtual-tools.ts';
import { declarationOf } from './declaration.ts';
import type { Asked } from './thread-messages.ts';

/** `execute_tool` for programs of all agents, also of those that have other executors: the rules decide, and nobody approves by name. */
const execute: GatewayTool = {
  name: EXECUTE_ANY,
  definition: {
    inputSchema: inputSchema({ server: {}, tool: {}, args: {}, timeout_ms: {} }),
  },
  read: (args) => readExecution(args, undefined, executeExplained),
};

/** `get_server_tools` of one tool, as a declaration. */
const describe: GatewayTool = {
  name: 'get_server_tools',
  definition: { inputSchema: inputSchema({ server: {}, tool: {} }) },
  read(args) {
    const server = args.requiredString('server');
    const tool = args.requiredString('tool');
    return {
      claimedAgent: args.string('agent_id'),
      server,
      tool,
      executes: false,
      run: (context) => declared(context, server, tool),
    };
  },
};

async function declared(
  context: ToolContext,
  serverName: string,
  tool: string,
): Promise<ReturnType<typeof textAnswer>> {
  const { snapshot, catalog, signal, defaultTimeoutMs } = context;
  const server = snapshot.servers.get(serverName);
  if (server === undefined) {
    const { byName } = await toolListOf(context, serverName, { timeoutMs: defaultTimeoutMs, signal });
    const named = byName.get(tool);
    if (named === undefined) throw noToolLike(context, serverName, tool);
    return textAnswer(declarationOf(named));
  }
  const entry = await catalog.find(server, tool, { timeoutMs: server.timeoutMs ?? defaultTimeoutMs, signal });
  if (entry === undefined) throw notListed(context, server, tool);
  return textAnswer(declarationOf(entry));
}

export const INNER_TOOLS: Readonly<Record<Asked, GatewayTool>> = { call: execute, search: searchTools, describe };
