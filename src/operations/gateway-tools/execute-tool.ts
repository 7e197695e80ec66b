import { decidedOn, definitionChanged } from '../../catalog/lock/decided-definition.ts';
import { didYouMean } from '../../catalog/name-suggestions.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { joinMembers, jsonString } from '../../protocol/json-text.ts';
import { toolCallHeaders } from '../../protocol/param-headers.ts';
import { type RelayRequest, relay, resume } from '../../relay/relay-request.ts';
import type { Relayed } from '../../relay/relayed.ts';
import { GatewayError } from '../../shared/errors.ts';
import { MAX_TOTAL_MS } from '../../upstream/rpc/pending-requests.ts';
import type { CallDeadline, GatewayTool, ToolAnswer, ToolContext } from '../operation.ts';
import { fitted } from '../results/fit-result.ts';
import { compileSelector } from '../results/select.ts';
import { followsTasks, taskParam, withTask } from '../task-result.ts';
import { relayedFailure } from '../tool-answer.ts';
import { noServerLike } from '../unknown-server.ts';
import { hasFailed, misfit, taught } from './explain-failure.ts';
import { inputSchema } from './input-schema.ts';
import type { ObjectArgument } from './read-arguments.ts';
import { tokenLimit } from './read-result.ts';

export const executeTool: GatewayTool = {
  name: 'execute_tool',
  runsAsTask: true,
  definition: {
    name: 'execute_tool',
    description: "Call a server's tool with args that fit its inputSchema.",
    inputSchema: inputSchema(
      {
        server: { type: 'string' },
        tool: { type: 'string' },
        args: { type: 'object' },
        timeout_ms: { type: 'integer' },
        max_result_tokens: { type: 'integer' },
        select: { type: 'string', description: 'JMESPath over a JSON result' },
      },
      ['server', 'tool'],
    ),
  },
  read(args, task) {
    const server = args.requiredString('server');
    const tool = args.requiredString('tool');
    const toolArgs = args.object('args');
    const timeoutMs = args.count('timeout_ms');
    const maxTokens = args.count('max_result_tokens');
    const select = args.string('select');
    return {
      claimedAgent: args.string('agent_id'),
      server,
      tool,
      executes: true,
      asks: { args: toolArgs.text },
      detail: sizeOf(toolArgs),
      run: (context) =>
        executeFitting(context, { server, tool, args: toolArgs, others: '', task, timeoutMs }, maxTokens, select),
    };
  },
};

/** A call whose failure teaches and whose result fits; both are for agents that did not see the definition. */
async function executeFitting(
  context: ToolContext,
  call: Execution,
  maxTokens: number | undefined,
  select: string | undefined,
): Promise<ToolAnswer> {
  const selector =
    select === undefined ? undefined : await compileSelector('execute_tool', context.relay.principal, select);
  let entry: ToolEntry | undefined;
  const answer = await execute(context, call, (found, { validateArguments }) => {
    entry = found;
    return validateArguments === 'before' ? checkArguments(context, call, found) : undefined;
  });
  const failed = hasFailed(answer);
  if (context.snapshot.search.learnFromUse && answer.kind === 'result' && !failed) {
    context.catalog.learning.executed(context.relay.owner, { server: call.server, tool: call.tool });
  }
  const explained =
    entry !== undefined && failed ? await taught(context, call.server, entry, call.args.text, answer) : answer;
  if (explained.kind === 'error') {
    // Who asked for a task waits for no result of a tool.
    return explained.isForClient || call.task !== undefined ? explained : relayedFailure(explained);
  }
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

/** @throws GatewayError INVALID_ARGUMENTS saying what does not fit. */
async function checkArguments(
  { catalog, relay }: ToolContext,
  { server, args }: Execution,
  entry: ToolEntry,
): Promise<void> {
  const problems = await catalog.checker.problems(server, entry, args.text, relay.principal);
  if (problems.length > 0) throw new GatewayError('INVALID_ARGUMENTS', misfit(entry, problems));
}

/** Names and sizes for the audit, never values. */
export function sizeOf({ keys, text }: ObjectArgument): Readonly<Record<string, unknown>> {
  return { args: keys.slice(0, 50), args_bytes: Buffer.byteLength(text) };
}

interface Execution {
  readonly server: string;
  readonly tool: string;
  readonly args: ObjectArgument;
  /** Inner text of further params, e.g. of extensions. */
  readonly others: string;
  /** JSON text of the `task` member, for calls that ask to run as a task. */
  readonly task: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** Sees the definition before the call is forwarded, and may refuse it. */
type Inspect = (entry: ToolEntry, server: ServerDefinition) => Promise<void> | undefined;

/** Calls a tool of a server. @throws GatewayError TOOL_NOT_FOUND, SERVER_UNAVAILABLE, TIMEOUT, DENIED_BY_POLICY */
export async function execute(context: ToolContext, call: Execution, inspect?: Inspect): Promise<ToolAnswer> {
  const server = context.snapshot.servers.get(call.server);
  if (server === undefined) throw noServerLike(context, call.server);
  // Who runs the gateway may allow more than the time that callers can ask for.
  const longest = Math.max(MAX_TOTAL_MS, server.timeoutMs ?? 0);
  const timeoutMs = Math.min(call.timeoutMs ?? server.timeoutMs ?? context.defaultTimeoutMs, longest);
  const deadline = deadlineIn(timeoutMs);
  const request: RelayRequest = {
    server: call.server,
    method: 'tools/call',
    params: joinMembers(`"name":${jsonString(call.tool)},"arguments":${call.args.text}`, call.others),
    timeoutMs,
  };
  const resumed = resume(context.relay, request);
  if (resumed !== undefined) return toAnswer(noted(context, call.server, await resumed));
  const prepare = (current: ServerDefinition): Promise<ToolEntry> | ToolEntry => {
    const options = { timeoutMs: deadline.leftMs(), signal: context.signal };
    const found = context.catalog.find(current, call.tool, options);
    return found instanceof Promise
      ? found.then((entry) => inspected(context, current, call, entry, inspect))
      : inspected(context, current, call, found, inspect);
  };
  const connecting = context.connect(deadline, prepare, itself);
  const { link, prepared } = connecting instanceof Promise ? await connecting : connecting;
  const headers = toolCallHeaders(prepared, call.args.text);
  const task = taskParam(call.task, context.relay.client.era, server, link.facts);
  const relayed = await relay(context.relay, link, {
    server: request.server,
    method: request.method,
    params: joinMembers(request.params, task),
    headers,
    definition: decidedOn(server, 'tool', call.tool, prepared),
    timeoutMs: deadline.leftMs(),
    offersTasks: followsTasks(server),
  });
  if (relayed.kind === 'error') return relayed;
  noted(context, call.server, relayed);
  const asked = link.facts.era === 'legacy' && task !== '';
  const body = withTask(relayed.body, asked, (id) => context.keepTask(call.server, call.tool, id));
  return toAnswer(body === relayed.body ? relayed : { ...relayed, body });
}

function itself(entry: ToolEntry): ToolEntry {
  return entry;
}

/** Notes the resources that a result names: its caller may read them. */
export function noted({ catalog, snapshot }: ToolContext, name: string, relayed: Relayed): Relayed {
  const server = snapshot.servers.get(name);
  if (relayed.kind === 'result' && server !== undefined) catalog.note(server, relayed.body.text);
  return relayed;
}

/** The relayed result as an answer of the pipeline. */
export function toAnswer(relayed: Relayed): ToolAnswer {
  return relayed.kind === 'result' ? { kind: 'result', body: relayed.body } : relayed;
}

/** A name that the server did not list is not callable. */
function inspected(
  context: ToolContext,
  server: ServerDefinition,
  call: Execution,
  entry: ToolEntry | undefined,
  inspect: Inspect | undefined,
): Promise<ToolEntry> | ToolEntry {
  if (entry === undefined) throw notListed(context, server, call.tool);
  context.confirm(entry);
  const inspecting = inspect?.(entry, server);
  return inspecting === undefined ? entry : inspecting.then(() => entry);
}

function notListed(context: ToolContext, server: ServerDefinition, tool: string): GatewayError {
  if (context.catalog.isHeld(server, 'tools', tool)) return definitionChanged(server.name, 'tool', tool);
  const permitted = (context.catalog.listed(server) ?? []).filter(
    (entry) => context.decide(server.name, entry.name, 'tool', entry).allowed,
  );
  const { seeTools, toolName } = context.wording;
  const hint = didYouMean(
    tool,
    permitted.map(({ name }) => name),
    (name) => toolName(server.name, name),
  );
  return new GatewayError('TOOL_NOT_FOUND', `Server '${server.name}' has no tool '${tool}'.${hint} ${seeTools}`);
}

export function deadlineIn(timeoutMs: number): CallDeadline {
  const at = performance.now() + timeoutMs;
  return { leftMs: () => Math.max(1, Math.ceil(at - performance.now())) };
}
