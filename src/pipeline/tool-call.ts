/** `tools/call` of one of the gateway's own tools, as an operation. */

import { readArguments } from '../operations/gateway-tools/read-arguments.ts';
import type {
  GatewayTool,
  InnerOutcome,
  Invocation,
  Operation,
  RequestText,
  ToolAnswer,
} from '../operations/operation.ts';
import { protocolFailure } from '../operations/server-methods/protocol-failure.ts';
import { unknownToolOperation } from '../operations/server-methods/unknown-requests.ts';
import { taskOf } from '../operations/task-result.ts';
import { failureAnswer } from '../operations/tool-answer.ts';
import { findMember, isEmptyArray, stringValue } from '../protocol/members.ts';
import { GatewayError } from '../shared/errors.ts';
import { ALLOW_LONGER, NEXT_STEPS, type Wording } from '../shared/next-steps.ts';
import type { CallOutcome, Inbound } from './caller.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { runOperation } from './run-operation.ts';

/** Serves `tools/call`. Never rejects: every failure is an outcome. */
export function callTool(parts: PipelineDependencies, inbound: Inbound): Promise<CallOutcome> | CallOutcome {
  const name = stringValue(inbound.text, findMember(inbound.params, 'name'));
  if (name === undefined) return runOperation(parts, inbound, unknownToolOperation(name, NAMELESS));
  const tool = parts.tools.get(name);
  if (tool !== undefined) {
    // Callers of 2026-07-28 do not ask for tasks: there the member means nothing.
    const task = inbound.client.era === 'legacy' ? taskOf(inbound) : undefined;
    if (task === undefined) return runOperation(parts, inbound, operationOf(tool));
    if (tool.runsAsTask) return runOperation(parts, inbound, taskOperationOf(tool, task));
    const message = `${name} does not run as a task: call it without "task".`;
    return runOperation(parts, inbound, unknownToolOperation(name, { kind: 'error', code: -32601, message }));
  }
  const message = `Unknown tool: ${name.slice(0, 128)}. tools/list shows the tools there are.`;
  return runOperation(parts, inbound, unknownToolOperation(name, { kind: 'error', code: -32602, message }));
}

/** Takes a call that is a part of another one all the way. Never rejects. */
export async function runInner(
  parts: PipelineDependencies,
  inbound: Inbound,
  tool: GatewayTool,
): Promise<InnerOutcome> {
  let failure: GatewayError | undefined;
  const operation = operationOf(tool);
  const answer = await runOperation(parts, inbound, {
    ...operation,
    fail(error) {
      failure = error;
      return operation.fail(error);
    },
  });
  return { answer, failure };
}

const NAMELESS: ToolAnswer = { kind: 'error', code: -32602, message: 'tools/call needs params.name, a string.' };

const operations = new WeakMap<GatewayTool, Operation>();

function operationOf(tool: GatewayTool): Operation {
  let operation = operations.get(tool);
  if (operation === undefined) {
    const parameters = parameterNames(tool);
    operation = {
      name: tool.name,
      read: (request) => readInvocation(tool, parameters, request),
      fail: ({ code, message }) => failureAnswer(code, message),
      wording: wordingFor(parameters),
    };
    operations.set(tool, operation);
  }
  return operation;
}

/** A caller that asked for a task waits for no result of a tool: failures are errors of the protocol. */
function taskOperationOf(tool: GatewayTool, task: string): Operation {
  const parameters = parameterNames(tool);
  return {
    name: tool.name,
    read: (request) => readInvocation(tool, parameters, request, task),
    fail: protocolFailure,
    wording: wordingFor(parameters),
  };
}

const WORDING: Wording = { ...NEXT_STEPS, toolName: (_server, tool) => tool };
const UNTIMED: Wording = { ...WORDING, allowLonger: ALLOW_LONGER };

function wordingFor(parameters: readonly string[]): Wording {
  return parameters.includes('timeout_ms') ? WORDING : UNTIMED;
}

function readInvocation(
  tool: GatewayTool,
  parameters: readonly string[],
  { text, params }: RequestText,
  task?: string,
): Invocation {
  const member = findMember(params, 'arguments');
  if (member !== undefined && member.object === undefined && !isEmptyArray(text, member)) {
    throw new GatewayError('INVALID_ARGUMENTS', `${tool.name}: arguments must be an object.`);
  }
  return tool.read(readArguments(tool.name, parameters, text, member?.object), task);
}

function parameterNames(tool: GatewayTool): readonly string[] {
  const schema = tool.definition['inputSchema'] as { readonly properties: Readonly<Record<string, unknown>> };
  return Object.keys(schema.properties);
}
