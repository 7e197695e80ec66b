import type { ToolEntry } from '../catalog/catalog.ts';
import type { ServerDefinition } from '../config/types.ts';
import type { Reply } from '../downstream/types.ts';
import { toolCallHeaders } from '../protocol/param-headers.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ObjectArgument } from './arguments.ts';
import { inputSchema } from './schema.ts';
import type { Deadline, GatewayTool, ToolAnswer, ToolContext } from './types.ts';

/** A call takes at most this long in all, progress or not (behaviour section 4). */
const MAX_TOTAL_MS = 600_000;

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
      detail: { args: toolArgs.keys.slice(0, 50), args_bytes: Buffer.byteLength(toolArgs.text) },
      run: (context) => execute(context, { server, tool, args: toolArgs, timeoutMs }),
    };
  },
};

interface Execution {
  readonly server: string;
  readonly tool: string;
  readonly args: ObjectArgument;
  readonly timeoutMs: number | undefined;
}

async function execute(context: ToolContext, call: Execution): Promise<ToolAnswer> {
  const server = context.snapshot.servers.get(call.server);
  const timeoutMs = Math.min(call.timeoutMs ?? server?.timeoutMs ?? context.defaultTimeoutMs, MAX_TOTAL_MS);
  const deadline = deadlineIn(timeoutMs);
  const { link, prepared } = await context.connect(deadline, (current) =>
    definitionOf(context, current, call, deadline),
  );
  const reply = await link.request('tools/call', `"name":${JSON.stringify(call.tool)},"arguments":${call.args.text}`, {
    timeoutMs: deadline.leftMs(),
    maxTotalMs: MAX_TOTAL_MS,
    signal: context.signal,
    onProgress: context.onProgress,
    meta: context.meta,
    headers: toolCallHeaders(prepared, call.args.text),
  });
  return toAnswer(reply, call);
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

function deadlineIn(timeoutMs: number): Deadline {
  const at = performance.now() + timeoutMs;
  return { leftMs: () => Math.max(1, Math.ceil(at - performance.now())) };
}

function toAnswer(reply: Reply, call: Execution): ToolAnswer {
  if (reply.ok) {
    const { text, metaAt, resultType } = reply.result;
    if (resultType === 'complete') return { kind: 'result', isError: false, body: { text, metaAt } };
    throw new GatewayError(
      'SERVER_UNAVAILABLE',
      `Server '${call.server}' answered '${call.tool}' with a result of type '${resultType.slice(0, 40)}', which this connection cannot carry.`,
    );
  }
  return {
    kind: 'error',
    code: relayedCode(reply.code),
    message: reply.message,
    ...(reply.data === undefined ? {} : { data: reply.data }),
  };
}

/** Codes that are about one hop would mislead the caller about this one (2026-07-28, basic/index, Error Codes). */
function relayedCode(code: number): number {
  return (code <= -32020 && code >= -32099) || code === -32042 ? -32603 : code;
}
