/** One operation on its way, who it is from, and whether it may go on. */

import { accessOfTool, saidLabels } from '../catalog/tool-access.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { originalTarget } from '../config/virtual/virtual-server.ts';
import { type CallTimes, whileWaiting } from '../observe/call-times.ts';
import { isSplitFor } from '../operations/gateway-tools/executor-choice.ts';
import type { Invocation, Operation, Target, ToolContext } from '../operations/operation.ts';
import { sentArguments } from '../operations/sent-arguments.ts';
import { noServerLike } from '../operations/unknown-server.ts';
import { CallArguments } from '../policy/arguments/call-arguments.ts';
import { decideUnderCeiling, readsAccess } from '../policy/ceiling.ts';
import { executorFor, isSplit, type SplitExecutor } from '../policy/executors.ts';
import type { Access, CallFacts, Decision } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Approval } from './approval.ts';
import type { DialogueAnswer } from './approval-dialogue.ts';
import type { Caller, Inbound } from './caller.ts';
import { denial } from './denial.ts';
import type { CarriedLabels } from './flow/carried-labels.ts';
import { carriesOf, refreshOf } from './flow/flow-of-call.ts';
import { isOutdated } from './outdated-call.ts';
import type { Done } from './rate-limits.ts';
import type { SignInAnswer } from './sign-in-elicitation.ts';
import type { CountedCall } from './watches/call-watches.ts';

/** Fields fill up as it goes; the audit records what is known when it is written. */
export interface Call {
  readonly operation: Operation;
  readonly inbound: Inbound;
  readonly requestId: string;
  readonly startedAt: number;
  readonly times: CallTimes;
  invocation: Invocation | undefined;
  snapshot: Snapshot;
  caller: Caller | undefined;
  decision: Decision | undefined;
  /** The server and tool as the call names them; undefined where it names none, or that is not known yet. */
  asked: Target | undefined;
  /** The server and tool that are called: others only where a virtual server was named. */
  target: Target | undefined;
  /** The arguments, once a decision speaks of them. */
  args: CallArguments | undefined;
  /** The access of the tool by its definition, once a decision speaks of that. */
  access: Access | undefined;
  /** The labels of the tool by its definition, once rules over combinations look. */
  said: readonly string[] | undefined;
  /** The labels that callers carry. */
  readonly carried: CarriedLabels;
  /** The rule that refused the call besides the decision: it left it without an agent, or is a limit. */
  refusedBy: string | undefined;
  /** Says that the call is over to what limits it. */
  done: Done | undefined;
  /** True where limits have counted it; what fails before counts as well. */
  isCounted: boolean;
  /** True from the moment at which the server may have received the call. */
  forwarded: boolean;
  /** True where it gets a result that was kept. */
  isKept: boolean;
  /** True where a record has its details already. */
  isRecorded: boolean;
  /** The writing of that record, where nobody waited for it yet: before anything is forwarded or released, somebody does. */
  writing: Promise<void> | undefined;
  /** Counts of what was taken out of its result, by kind. */
  redacted?: ReadonlyMap<string, number> | undefined;
  /** The answer of the caller's user to the link that this call led to before. */
  readonly signIn: SignInAnswer | undefined;
  /** The answer of the caller's user to a question about this call. */
  readonly answer: DialogueAnswer | undefined;
  /** The use that was approved. */
  approval: Approval | undefined;
  /** Counts it, where the rules have budgets or stop loops. */
  watch?: CountedCall | undefined;
}

/** The agent that calls, under the call's snapshot. @throws GatewayError as `Connection.resolve` */
export function whoCalls(call: Call, invocation: Invocation): Caller {
  const { snapshot, inbound, operation } = call;
  const caller = inbound.connection.resolve(snapshot, invocation.claimedAgent, operation.wording.nameAgent);
  call.caller = caller;
  return caller;
}

/**
 * Finds out what a call is about, where its names do not say that, and decides; again where a reload came between.
 * @throws GatewayError TOOL_NOT_FOUND, UNKNOWN_HANDLE; as `decide`
 */
export function locateAndDecide(
  current: () => Snapshot,
  call: Call,
  invocation: Invocation,
  context: ToolContext,
): Promise<void> | void {
  const { server, tool, locate } = invocation;
  if (server !== undefined) aimAt(call, { server, name: tool }, invocation);
  const isKnown = server !== undefined || locate === undefined;
  const deciding = isKnown
    ? decide(call, invocation, context)
    : locate(context).then((target) => {
        if (target === 'own') return undefined;
        if (target === undefined) throw notFound(call, invocation);
        aimAt(call, target, invocation);
        return decide(call, invocation, context);
      });
  if (!(deciding instanceof Promise)) return;
  return deciding.catch(async (error: unknown) => {
    if (!isOutdated(current(), call, error)) throw error;
    await decideAnew(current, call, invocation, () => context);
  });
}

/** Tools of virtual servers are those of others. */
function aimAt(call: Call, asked: Target, { kind = 'tool' }: Invocation): void {
  const { virtual } = call.snapshot;
  call.asked = asked;
  call.target = virtual === undefined || kind !== 'tool' ? asked : originalTarget(virtual, asked);
}

function notFound({ operation }: Call, { missing }: Invocation): GatewayError {
  const nothing = `There is nothing of this name that you may use. ${operation.wording.seeTools}`;
  return missing === undefined
    ? new GatewayError('TOOL_NOT_FOUND', nothing)
    : new GatewayError('UNKNOWN_HANDLE', missing);
}

/**
 * Decides whether the caller may, under the call's snapshot. On names and arguments alone, as far as these decide: nobody has looked
 * yet whether anything exists. Waits only where rules speak of what the definition of a tool says. What is decided `ask` goes on:
 * `requireApproval` stops it before it is forwarded.
 * @throws GatewayError DENIED_BY_POLICY; where it has to look, SERVER_UNAVAILABLE and TIMEOUT
 */
export function decide(call: Call, invocation: Invocation, context: ToolContext): Promise<void> | void {
  const refreshing = refreshOf(call);
  return refreshing?.then(() => decideNow(call, invocation, context)) ?? decideNow(call, invocation, context);
}

function decideNow(call: Call, invocation: Invocation, context: ToolContext): Promise<void> | void {
  const { caller, asked, target } = call;
  if (asked === undefined || target === undefined || caller === undefined) return;
  requireExecutor(call, caller, invocation);
  const misgiven = readArguments(call, caller, target, invocation);
  // What is denied is denied, whatever is wrong with its arguments.
  const decision = decisionFor(call, caller, asked, invocation, 'any', misgiven && 'any');
  call.decision = decision;
  if (misgiven !== undefined && decision.allowed) throw misgiven;
  if (!decision.allowed) {
    // Its caller may know of the tool, and should know what to change.
    const byArguments = decisionFor(call, caller, asked, invocation, 'any', 'any').allowed;
    throw refusal(call, caller, asked, decision, byArguments);
  }
  if (!needsDefinition(call, invocation)) return;
  return whileWaiting(call.times, 'queue', lookUp(context, target)).then((entry) => decideOn(call, invocation, entry));
}

/** True if the names and arguments of a call alone do not decide about it: what its tool does to the world matters. */
export function needsDefinition({ snapshot, caller, asked, target }: Call, { kind, executor }: Invocation): boolean {
  if (caller === undefined || asked === undefined || target?.name === undefined || (kind ?? 'tool') !== 'tool')
    return false;
  const { policy } = snapshot;
  const isLabelled =
    policy.flow === undefined || policy.flow.labelsOf(target.server, target.name, 'tool') !== undefined;
  return isSplit(executor) || !isLabelled || readsAccess(policy, caller, asked.server);
}

/** An agent has either `execute_tool` or those in its place. @throws GatewayError TOOL_NOT_FOUND */
function requireExecutor({ snapshot }: Call, { agent }: Caller, { executor }: Invocation): void {
  if (executor === undefined || isSplitFor(snapshot, agent) === isSplit(executor)) return;
  const others = isSplit(executor)
    ? 'it calls every tool with execute_tool.'
    : 'it has execute_read, execute_write and execute_destructive. search_tools and get_server_tools say which of them calls a tool.';
  throw new GatewayError('TOOL_NOT_FOUND', `Agent '${agent}' has no ${executor}: ${others}`);
}

/**
 * The same on one definition of the tool; undefined where there is none.
 * @throws GatewayError DENIED_BY_POLICY; INVALID_ARGUMENTS where another tool of the gateway calls it
 */
export function decideOn(call: Call, invocation: Invocation, entry: ToolEntry | undefined): void {
  const { caller, asked } = call;
  if (asked === undefined || caller === undefined) return;
  call.access = entry && accessOfTool(entry);
  if (call.snapshot.policy.flow !== undefined) call.said = entry && saidLabels(entry);
  const decision = decisionFor(call, caller, asked, invocation, call.access);
  call.decision = entry === undefined ? decision : { ...decision, definition: entry.hash };
  if (!decision.allowed) throw refusal(call, caller, asked, decision, false);
  if (call.access !== undefined && isSplit(invocation.executor))
    requireFit(call, asked, call.access, invocation.executor);
}

/** Says nothing of tools that are denied: those were refused before. @throws GatewayError INVALID_ARGUMENTS */
function requireFit({ snapshot }: Call, { server, name = '' }: Target, said: Access, executor: SplitExecutor): void {
  const access = snapshot.policy.accessOf(server, name, said);
  const right = executorFor(access);
  if (right === executor) return;
  const why = `tool '${name}' of server '${server}' ${DOES[access]}`;
  throw new GatewayError(
    'INVALID_ARGUMENTS',
    `${executor} does not call it: ${why}. Call it with ${right}, and the same arguments.`,
  );
}

const DOES: Readonly<Record<Access, string>> = {
  read: 'only reads',
  write: 'writes',
  destructive: 'may destroy',
  unknown: 'does not say what it does',
};

/** Milliseconds that a decision waits for the definition that it needs. */
const LOOK_UP_MS = 60_000;

/** @throws GatewayError SERVER_UNAVAILABLE, TIMEOUT */
async function lookUp(context: ToolContext, { server: name, name: tool = '' }: Target): Promise<ToolEntry | undefined> {
  const server = context.snapshot.servers.get(name);
  if (server === undefined && context.snapshot.virtual?.has(name)) return undefined;
  if (server === undefined) throw noServerLike(context, name);
  return context.catalog.find(server, tool, { timeoutMs: server.timeoutMs ?? LOOK_UP_MS, signal: context.signal });
}

/** The decision of the rules about a target. */
export function decisionFor(
  call: Call,
  caller: Caller,
  { server, name }: Target,
  invocation: Invocation,
  access: CallFacts['access'],
  args: CallFacts['args'] = argumentsOf(call, invocation),
): Decision {
  const { agent, principal } = caller;
  const { policy } = call.snapshot;
  const facts: CallFacts =
    policy.flow === undefined || invocation.continues === true
      ? { agent, principal, now: Date.now(), args, access }
      : { agent, principal, now: Date.now(), args, access, labels: call.said, carries: carriesOf(call) };
  return decideUnderCeiling(policy, caller, server, name, invocation.kind, facts);
}

/** A call that goes on was decided with its arguments; nobody keeps them. */
function argumentsOf(call: Call, { continues }: Invocation): CallFacts['args'] {
  return continues === true ? 'any' : call.args;
}

/** Takes the arguments as the server gets them. @returns what is wrong with them, where they cannot be given */
function readArguments(
  call: Call,
  { principal }: Caller,
  { server: name, name: tool = '' }: Target,
  { continues, asks, kind = 'tool' }: Invocation,
): GatewayError | undefined {
  if (continues === true || asks === undefined) return undefined;
  const server = call.snapshot.servers.get(name);
  // What a call was decided with before does not count where its entry changes it.
  if (server?.overrides === undefined || asks.isCall !== true) {
    if (call.args?.text !== asks.args) call.args = new CallArguments(asks.args);
    return undefined;
  }
  try {
    call.args = new CallArguments(sentArguments(server, kind, tool, asks.args, principal));
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function refusal(
  { snapshot, operation }: Call,
  { agent }: Caller,
  { server, name }: Target,
  decision: Decision,
  byArguments: boolean,
): GatewayError {
  const who = { agent, server, tool: name };
  return denial(who, decision, snapshot.explainDenials, operation.wording.seePermitted, byArguments);
}

/**
 * Takes the decision again if the configuration is another one by now.
 * @returns whether it was
 * @throws GatewayError as `whoCalls` and `decide`
 */
export async function decideAnew(
  current: () => Snapshot,
  call: Call,
  invocation: Invocation,
  contextOf: (caller: Caller) => ToolContext,
): Promise<boolean> {
  if (current() === call.snapshot) return false;
  for (;;) {
    call.snapshot = current();
    if (call.asked !== undefined) aimAt(call, call.asked, invocation);
    try {
      await decide(call, invocation, contextOf(whoCalls(call, invocation)));
      return true;
    } catch (error) {
      if (!isOutdated(current(), call, error)) throw error;
    }
  }
}
