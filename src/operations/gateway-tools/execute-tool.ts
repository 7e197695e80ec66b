/** The tools that call the tools of servers. */
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import { EXECUTE_ANY, type Executor } from '../../policy/executors.ts';
import { GatewayError } from '../../shared/errors.ts';
import { type Execution, execute, mayBeKept, sizeOf } from '../call-server-tool.ts';
import type { GatewayTool, Invocation, ToolAnswer, ToolContext } from '../operation.ts';
import { fitted } from '../results/fit-result.ts';
import { compileSelector } from '../results/select.ts';
import { relayedFailure } from '../tool-answer.ts';
import { hasFailed, misfit, taught } from './explain-failure.ts';
import { inputSchema } from './input-schema.ts';
import type { Arguments } from './read-arguments.ts';
import { tokenLimit } from './read-result.ts';

const INPUT = inputSchema(
  {
    server: { type: 'string' },
    tool: { type: 'string' },
    args: { type: 'object' },
    timeout_ms: { type: 'integer' },
    max_result_tokens: { type: 'integer' },
    select: { type: 'string', description: 'JMESPath over a JSON result' },
  },
  ['server', 'tool'],
);

export const executeTool = executorTool(EXECUTE_ANY, "Call a server's tool with args that fit its inputSchema.");

/** Those of agents with `"execute": "split"`: each calls only what its annotations say of it. */
export const splitTools: readonly GatewayTool[] = [
  executorTool('execute_read', describe('only read'), { readOnlyHint: true }),
  executorTool('execute_write', describe('write and destroy nothing'), { readOnlyHint: false, destructiveHint: false }),
  executorTool('execute_destructive', describe('destroy, or do not say what they do'), {
    readOnlyHint: false,
    destructiveHint: true,
  }),
];

function describe(what: string): string {
  return `Call a server's tool, of those that ${what}, with args that fit its inputSchema.`;
}

function executorTool(name: Executor, description: string, annotations?: object): GatewayTool {
  return {
    name,
    runsAsTask: true,
    definition: { name, description, inputSchema: INPUT, ...(annotations === undefined ? {} : { annotations }) },
    read(args, task) {
      const maxTokens = args.count('max_result_tokens');
      const select = args.string('select');
      const run = (context: ToolContext, call: Execution): Promise<ToolAnswer> =>
        executeFitting(context, call, { name, maxTokens, select });
      return readExecution(args, task, run, name);
    },
  };
}

/** A call of a tool of a server, as all executors read it. */
export function readExecution(
  args: Arguments,
  task: string | undefined,
  run: (context: ToolContext, call: Execution) => Promise<ToolAnswer>,
  executor?: Executor,
): Invocation {
  const server = args.requiredString('server');
  const tool = args.requiredString('tool');
  const toolArgs = args.object('args');
  const timeoutMs = args.count('timeout_ms');
  return {
    claimedAgent: args.string('agent_id'),
    server,
    tool,
    executes: true,
    executor,
    asks: { args: toolArgs.text, isCall: true },
    detail: sizeOf(toolArgs),
    mayBeKept: (context, target) => mayBeKept(context, { server: target?.server ?? server, task, others: '' }),
    run: (context, target) =>
      run(context, {
        server: target?.server ?? server,
        tool: target?.name ?? tool,
        args: toolArgs,
        others: '',
        task,
        timeoutMs,
      }),
  };
}

interface Fitting {
  readonly name: Executor;
  readonly maxTokens: number | undefined;
  readonly select: string | undefined;
}

/** The same as `executeExplained`, with a result that fits. */
async function executeFitting(
  context: ToolContext,
  call: Execution,
  { name, maxTokens, select }: Fitting,
): Promise<ToolAnswer> {
  const selector = select === undefined ? undefined : await compileSelector(name, context.relay.owner, select);
  const explained = await executeExplained(context, call);
  if (explained.kind === 'error') return explained;
  const fitting = fitted(explained.body, {
    maxTokens: tokenLimit(context, maxTokens),
    select: selector,
    store: context.results,
    relay: context.relay,
    server: call.server,
    tool: call.tool,
  });
  const body = fitting instanceof Promise ? await fitting : fitting;
  return body === explained.body ? explained : { ...explained, body };
}

/** A call whose failure teaches, for whoever did not see the definition. */
export async function executeExplained(context: ToolContext, call: Execution): Promise<ToolAnswer> {
  let entry: ToolEntry | undefined;
  const answer = await execute(context, call, (found, { validateArguments }) => {
    entry = found;
    return validateArguments === 'before' ? checkArguments(context, call, found) : undefined;
  });
  const failed = hasFailed(answer);
  if (context.snapshot.search.learnFromUse && answer.kind === 'result' && !failed) {
    const { server = call.server, name: tool = call.tool } = context.named ?? {};
    context.catalog.learning.executed(context.relay.ownerAndAgent, { server, tool });
  }
  const explained =
    entry !== undefined && failed ? await taught(context, call.server, entry, call.args.text, answer) : answer;
  // Who asked for a task waits for no result of a tool.
  if (explained.kind === 'error' && !explained.isForClient && call.task === undefined) return relayedFailure(explained);
  return explained;
}

/** @throws GatewayError INVALID_ARGUMENTS saying what does not fit. */
async function checkArguments(
  { catalog, relay }: ToolContext,
  { server, args }: Execution,
  entry: ToolEntry,
): Promise<void> {
  const problems = await catalog.checker.problems({ server, entry, args: args.text, owner: relay.owner }, 'before');
  if (problems.length > 0) throw new GatewayError('INVALID_ARGUMENTS', misfit(entry, problems));
}
