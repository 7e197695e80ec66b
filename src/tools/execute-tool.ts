import type { ToolEntry } from '../catalog/catalog.ts';
import type { ServerDefinition } from '../config/types.ts';
import { joinMembers } from '../protocol/json.ts';
import { toolCallHeaders } from '../protocol/param-headers.ts';
import { MAX_TOTAL_MS, type Relayed, type RelayRequest, relay, resume } from '../relay/relay.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ObjectArgument } from './arguments.ts';
import { inputSchema } from './schema.ts';
import type { Deadline, GatewayTool, ToolAnswer, ToolContext } from './types.ts';

export const executeTool: GatewayTool = {
  name: 'execute_tool',
  definition: {
    name: 'execute_tool',
    description: "Call a server's tool with args that fit its inputSchema.",
    inputSchema: inputSchema(
      {
        server: { type: 'string' },
        tool: { type: 'string' },
        args: { type: 'object' },
        timeout_ms: { type: 'integer' },
      },
      ['server', 'tool'],
    ),
  },
  read(args) {
    const server = args.requiredString('server');
    const tool = args.requiredString('tool');
    const toolArgs = args.object('args');
    const timeoutMs = args.count('timeout_ms');
    return {
      claimedAgent: args.string('agent_id'),
      server,
      tool,
      executes: true,
      detail: sizeOf(toolArgs),
      run: (context) => execute(context, { server, tool, args: toolArgs, others: '', timeoutMs }),
    };
  },
};

/** Names and sizes for the audit, never values. */
export function sizeOf({ keys, text }: ObjectArgument): Readonly<Record<string, unknown>> {
  return { args: keys.slice(0, 50), args_bytes: Buffer.byteLength(text) };
}

export interface Execution {
  readonly server: string;
  readonly tool: string;
  readonly args: ObjectArgument;
  /** Inner text of further params, e.g. of extensions. */
  readonly others: string;
  readonly timeoutMs: number | undefined;
}

/** Calls a tool of a server. @throws GatewayError TOOL_NOT_FOUND, SERVER_UNAVAILABLE, TIMEOUT, DENIED_BY_POLICY */
export async function execute(context: ToolContext, call: Execution): Promise<ToolAnswer> {
  const server = context.snapshot.servers.get(call.server);
  const timeoutMs = Math.min(call.timeoutMs ?? server?.timeoutMs ?? context.defaultTimeoutMs, MAX_TOTAL_MS);
  const deadline = deadlineIn(timeoutMs);
  const request: RelayRequest = {
    server: call.server,
    method: 'tools/call',
    params: joinMembers(`"name":${JSON.stringify(call.tool)},"arguments":${call.args.text}`, call.others),
    timeoutMs,
  };
  const resumed = resume(context.relay, request);
  if (resumed !== undefined) return toAnswer(await resumed);
  const { link, prepared } = await context.connect(deadline, (current) =>
    definitionOf(context, current, call, deadline),
  );
  const headers = toolCallHeaders(prepared, call.args.text);
  return toAnswer(await relay(context.relay, link, { ...request, headers, timeoutMs: deadline.leftMs() }));
}

/** What was relayed, as an answer of the pipeline. */
export function toAnswer(relayed: Relayed): ToolAnswer {
  return relayed.kind === 'result' ? { ...relayed, isError: false } : relayed;
}

/** A name that the server did not list is not callable (security.md). */
async function definitionOf(
  context: ToolContext,
  server: ServerDefinition,
  call: Execution,
  deadline: Deadline,
): Promise<ToolEntry> {
  const entry = await context.catalog.find(server, call.tool, { timeoutMs: deadline.leftMs(), signal: context.signal });
  if (entry !== undefined) return entry;
  throw new GatewayError(
    'TOOL_NOT_FOUND',
    `Server '${call.server}' has no tool '${call.tool}'. Call get_server_tools to see its tools.`,
  );
}

export function deadlineIn(timeoutMs: number): Deadline {
  const at = performance.now() + timeoutMs;
  return { leftMs: () => Math.max(1, Math.ceil(at - performance.now())) };
}
